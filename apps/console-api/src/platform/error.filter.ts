import { Catch, HttpException, Logger, type ArgumentsHost, type ExceptionFilter } from '@nestjs/common';
import { API_PREFIX, AppError, type ErrorBody } from '@tideline/contracts';
import type { FastifyReply, FastifyRequest } from 'fastify';
import { sendNotFoundPage } from '../web/static-site.ts';
import { MAX_JSON_BYTES } from './body-limit.ts';
import { ERROR_STATUS } from './error-status.ts';
import { databaseErrorCode } from './transaction.ts';

/** The one place where an error becomes an answer. Unexpected ones are logged here, once, with their correlation id. */
@Catch()
export class ErrorFilter implements ExceptionFilter {
  private readonly logger = new Logger('errors');

  catch(thrown: unknown, host: ArgumentsHost): void {
    if (host.getType() !== 'http') return;
    const request = host.switchToHttp().getRequest<FastifyRequest>();
    const reply = host.switchToHttp().getResponse<FastifyReply>();
    const error = toAppError(thrown);
    if (error.code === 'ROUTE_UNKNOWN' && !isApiPath(request.url) && sendNotFoundPage(reply)) return;
    const status = ERROR_STATUS[error.code];
    if (status === 500) this.logger.error({ correlationId: request.id, path: request.url, err: thrown }, error.message);
    if (reply.sent || reply.raw.headersSent) {
      reply.raw.destroy(); // an answer that began cannot become an error any more; the client sees it cut short
      return;
    }
    void reply.headers(headersOf(error));
    void reply.status(status).send(toErrorBody(error, request.id));
  }
}

/** What readers of the protocol look for outside of the body. */
function headersOf({ code, params, details }: AppError): Record<string, string> {
  if (code === 'RATE_LIMITED') return { 'retry-after': String(params['retryAfterSeconds']) };
  return code === 'RANGE_INVALID' ? { 'content-range': `bytes */${String(details?.['size'])}` } : {};
}

function isApiPath(url: string): boolean {
  return url === API_PREFIX || url.startsWith(`${API_PREFIX}/`) || url.startsWith(`${API_PREFIX}?`);
}

export function toErrorBody(error: AppError, correlationId: string): ErrorBody {
  const { code, message, fix, params, details } = error;
  return { code, message, fix, params, ...(details ? { details: { ...details } } : {}), correlationId };
}

/**
 * Values that the schemas let through and PostgreSQL cannot hold: NUL or half a character in a text, a number or time out of range. The
 * database rolled back, so refusing late is as good as refusing early, and costs the good requests nothing.
 */
const UNSTORABLE = new Set(['22003', '22007', '22008', '22021', '22P02', '22P05']);

function isUnstorable(thrown: unknown): boolean {
  return UNSTORABLE.has(databaseErrorCode(thrown) ?? '');
}

/** Errors of the framework (routes, parsers) as ours; everything else is unexpected. */
export function toAppError(thrown: unknown): AppError {
  if (thrown instanceof AppError) return thrown;
  const status = thrown instanceof HttpException ? thrown.getStatus() : statusCodeOf(thrown);
  const reason = thrown instanceof Error ? thrown.message : 'unknown';
  if (isUnstorable(thrown)) {
    return new AppError('INVALID_INPUT', { reason: 'a value cannot be stored' }, { cause: thrown });
  }
  if (status === 404) return new AppError('ROUTE_UNKNOWN', {}, { cause: thrown });
  if (status === 413) return new AppError('PAYLOAD_TOO_LARGE', { limitBytes: MAX_JSON_BYTES }, { cause: thrown });
  if (isRefusal(status)) {
    return new AppError('INVALID_INPUT', { reason }, { cause: thrown });
  }
  return new AppError('INTERNAL', {}, { cause: thrown });
}

function isRefusal(status: number | undefined): boolean {
  return status !== undefined && status >= 400 && status < 500;
}

function statusCodeOf(thrown: unknown): number | undefined {
  if (typeof thrown !== 'object' || thrown === null || !('statusCode' in thrown)) return undefined;
  return typeof thrown.statusCode === 'number' ? thrown.statusCode : undefined;
}
