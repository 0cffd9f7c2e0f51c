import { AppError } from '@tideline/contracts';

/** No usable answer: refused, reset, timed out, cut short, or something else in between answered. Nothing is known about the call. */
export function serverUnreachable(
  server: string,
  details?: Readonly<Record<string, unknown>>,
  cause?: unknown,
): AppError {
  return new AppError('SERVER_UNREACHABLE', { server }, { ...(details ? { details } : {}), cause });
}
