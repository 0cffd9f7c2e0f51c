import { AppError, ErrorBody, isErrorCode, type ErrorCode, type ErrorParams } from '@tideline/contracts';
import type { TransportAnswer } from './transport.ts';

/** Turns a refusing response into the error of its code. Never throws: what cannot be understood becomes INTERNAL. */
export async function readError(answer: TransportAnswer): Promise<AppError> {
  const body = await readBody(answer);
  const retryAfterMs = parseRetryAfter(answer.header('retry-after'));
  const details = {
    ...body?.details,
    status: answer.status,
    ...(body ? { wireCode: body.code, wireMessage: body.message, correlationId: body.correlationId } : {}),
    ...(retryAfterMs === undefined ? {} : { retryAfterMs }),
  };
  const code = codeOf(answer.status, body?.code);
  return new AppError(code, { ...defaultParams(code, retryAfterMs), ...body?.params }, { details });
}

/** How long the server asked to wait, when it did. */
export function retryAfterMsOf(error: AppError): number | undefined {
  const value = error.details?.['retryAfterMs'];
  return typeof value === 'number' ? value : undefined;
}

async function readBody({ body }: TransportAnswer): Promise<ErrorBody | undefined> {
  try {
    return ErrorBody.safeParse(JSON.parse(await body.text())).data;
  } catch {
    return undefined; // not JSON: a proxy answered, its status is all there is
  }
}

function codeOf(status: number, wireCode: string | undefined): ErrorCode {
  if (status === 503) return 'UNAVAILABLE';
  if (wireCode !== undefined) return isErrorCode(wireCode) ? wireCode : 'INTERNAL';
  return CODE_OF_BARE_STATUS[status] ?? 'INTERNAL';
}

/** What a status means when no error of ours comes with it. */
const CODE_OF_BARE_STATUS: Readonly<Record<number, ErrorCode>> = {
  401: 'NOT_SIGNED_IN',
  413: 'PAYLOAD_TOO_LARGE',
  429: 'RATE_LIMITED',
  502: 'UNAVAILABLE',
  504: 'UNAVAILABLE',
};

function defaultParams(code: ErrorCode, retryAfterMs: number | undefined): ErrorParams {
  return code === 'RATE_LIMITED' ? { retryAfterSeconds: Math.ceil((retryAfterMs ?? 1000) / 1000) } : {};
}

/** Seconds only: a date would compare the server's clock with ours. */
function parseRetryAfter(header: string | null): number | undefined {
  return header !== null && /^\d{1,6}$/.test(header) ? Number(header) * 1000 : undefined;
}
