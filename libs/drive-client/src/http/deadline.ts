import { AppError } from '@tideline/contracts';
import { serverUnreachable } from './server-unreachable.ts';

/**
 * Bounds one exchange in time and joins it with the caller's signal. `AbortSignal.any` is not used: a signal that lives as long
 * as a task would keep every request's derived signal reachable.
 */
export type Deadline = {
  readonly signal: AbortSignal;
  /** Something moved: the time begins anew. */
  readonly extend: () => void;
  readonly stop: () => void;
  /** The caller's reason when the caller stopped it, an `AppError` as it is, anything else as SERVER_UNREACHABLE. */
  readonly explain: (error: unknown, server: string) => unknown;
};

export function startDeadline(timeoutMs: number, outer: AbortSignal | undefined): Deadline {
  const controller = new AbortController();
  const onTimeout = (): void => controller.abort(new DOMException('no answer in time', 'TimeoutError'));
  const onOuterAbort = (): void => controller.abort(outer?.reason);
  let timer = setTimeout(onTimeout, timeoutMs);
  outer?.addEventListener('abort', onOuterAbort, { once: true });
  if (outer?.aborted) onOuterAbort();

  return {
    signal: controller.signal,
    extend: () => {
      clearTimeout(timer);
      timer = setTimeout(onTimeout, timeoutMs);
    },
    stop: () => {
      clearTimeout(timer);
      outer?.removeEventListener('abort', onOuterAbort);
    },
    explain: (error, server) => {
      if (outer?.aborted) return outer.reason as unknown;
      if (error instanceof AppError) return error;
      return serverUnreachable(server, undefined, error);
    },
  };
}
