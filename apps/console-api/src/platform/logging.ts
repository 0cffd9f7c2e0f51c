import { mkdir, rename, stat } from 'node:fs/promises';
import path from 'node:path';
import type { LoggerService } from '@nestjs/common';
import pino from 'pino';

const MAX_LOG_BYTES = 50 * 1024 * 1024;

export type Log = { readonly logger: pino.Logger; readonly flush: () => void };

/** Logs go to a file in the data directory, readable by its owner; stdout stays for people. */
export async function openLog(dataFolder: string): Promise<Log> {
  const folder = path.join(dataFolder, 'logs');
  await mkdir(folder, { recursive: true, mode: 0o700 });
  const file = path.join(folder, 'console.log');
  const { size } = await stat(file).catch(() => ({ size: 0 }));
  if (size > MAX_LOG_BYTES) await rename(file, `${file}.1`);
  const destination = pino.destination({ dest: file, mode: 0o600, sync: false });
  const logger = pino({ base: null, redact: REDACTED, timestamp: pino.stdTimeFunctions.isoTime }, destination);
  return { logger, flush: () => destination.flushSync() };
}

const SECRETS = ['password', 'token', 'secret', 'authorization', 'cookie', 'accessToken', 'csrfToken', 'parameters'];
const REDACTED = SECRETS.flatMap((name) => [name, `*.${name}`, `*.*.${name}`]);

/** Nest's own messages in the same file. Parameters of a failed statement are left out: they may hold names and hashes. */
export class NestLog implements LoggerService {
  constructor(private readonly logger: pino.Logger) {}

  log(message: unknown, ...rest: unknown[]): void {
    this.write('info', message, rest);
  }
  error(message: unknown, ...rest: unknown[]): void {
    this.write('error', message, rest);
  }
  warn(message: unknown, ...rest: unknown[]): void {
    this.write('warn', message, rest);
  }
  debug(message: unknown, ...rest: unknown[]): void {
    this.write('debug', message, rest);
  }
  verbose(message: unknown, ...rest: unknown[]): void {
    this.write('trace', message, rest);
  }

  /** Nest passes the message, optional extras, and the name of the logger last. */
  private write(
    level: 'info' | 'error' | 'warn' | 'debug' | 'trace',
    message: unknown,
    rest: readonly unknown[],
  ): void {
    const context = typeof rest.at(-1) === 'string' ? rest.at(-1) : undefined;
    const text = rest.filter((extra) => typeof extra === 'string').find((extra) => extra !== context);
    if (message instanceof Error) this.logger[level]({ context, err: message }, message.message);
    else if (typeof message === 'object' && message !== null) this.logger[level]({ context, ...message }, text ?? '');
    else this.logger[level]({ context, ...(text === undefined ? {} : { detail: text }) }, String(message));
  }
}
