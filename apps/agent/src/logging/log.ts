import pino from 'pino';
import { createRotatingFile } from './rotating-file.ts';

export type Log = (event: string, details: Readonly<Record<string, unknown>>) => void;

/** Names under which a secret may travel in a detail. */
const SECRETS = ['token', 'accessToken', 'password', 'authorization', 'secret', 'privateKey', 'signature'];

/** One JSON line per event in `path`, secrets blotted out. Failures are warnings; the level hides what is below it. */
export function createLog(path: string, level: string): { readonly log: Log; readonly close: () => void } {
  const file = createRotatingFile(path);
  const redact = { paths: SECRETS.flatMap((name) => [name, `*.${name}`, `*.*.${name}`]), censor: '[secret]' };
  const serializers = { error: pino.stdSerializers.err, cause: toCause };
  const logger = pino({ level, base: { pid: process.pid }, redact, serializers, messageKey: 'event' }, file);
  return {
    log: (event, details) => {
      if ('error' in details || 'cause' in details) logger.warn(details, event);
      else logger.info(details, event);
    },
    close: () => file.end(),
  };
}

function toCause(cause: unknown): unknown {
  return cause instanceof Error ? pino.stdSerializers.err(cause) : cause;
}
