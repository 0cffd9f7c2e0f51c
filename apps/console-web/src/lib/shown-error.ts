import { AppError, type ErrorCode, type ErrorParams } from '@tideline/contracts';

/** An error as the console shows it: by its code, in the reader's language. */
export type ShownError = {
  readonly code: ErrorCode;
  readonly params: ErrorParams;
  readonly correlationId: string | undefined;
};

/** `host`: what the page calls its own server, which is unnamed in its own requests. */
export function toShownError(thrown: unknown, host: string): ShownError {
  if (!(thrown instanceof AppError)) return { code: 'INTERNAL', params: {}, correlationId: undefined };
  const { code, params, details } = thrown;
  const id = details?.['correlationId'];
  return {
    code,
    params: params['server'] === '' ? { ...params, server: host } : params,
    correlationId: typeof id === 'string' ? id : undefined,
  };
}

export function hasCode(thrown: unknown, code: ErrorCode): boolean {
  return thrown instanceof AppError && thrown.code === code;
}
