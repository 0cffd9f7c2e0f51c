import { AppError, type BlockReason, type ErrorCode } from '@tideline/contracts';

export type Failure =
  | { readonly t: 'offline' }
  | { readonly t: 'blocked'; readonly reason: BlockReason }
  | { readonly t: 'doubt'; readonly doubt: 'rights' | 'settings' | 'credentials' }
  | { readonly t: 'unexpected' };

const BY_CODE: Partial<Record<ErrorCode, Failure>> = {
  SERVER_UNREACHABLE: { t: 'offline' },
  UNAVAILABLE: { t: 'offline' },
  RATE_LIMITED: { t: 'offline' },
  TIMEOUT: { t: 'offline' },
  QUOTA_EXCEEDED: { t: 'blocked', reason: 'quota' },
  FORBIDDEN: { t: 'doubt', doubt: 'rights' },
  RIGHT_MISSING: { t: 'doubt', doubt: 'rights' },
  RIGHT_UPLOAD_ONLY: { t: 'doubt', doubt: 'rights' },
  SPACE_UNKNOWN: { t: 'doubt', doubt: 'rights' },
  NODE_UNKNOWN: { t: 'doubt', doubt: 'rights' },
  SYNC_DISABLED: { t: 'doubt', doubt: 'settings' },
  SYNC_NOT_ENTITLED: { t: 'doubt', doubt: 'settings' },
  HISTORY_REQUIRED: { t: 'doubt', doubt: 'settings' },
  AGENT_TOO_OLD: { t: 'doubt', doubt: 'settings' },
  DEVICE_REVOKED: { t: 'doubt', doubt: 'credentials' },
  DEVICE_NOT_APPROVED: { t: 'doubt', doubt: 'credentials' },
  NOT_SIGNED_IN: { t: 'doubt', doubt: 'credentials' },
  USER_DISABLED: { t: 'doubt', doubt: 'credentials' },
  KEYCHAIN_LOCKED: { t: 'doubt', doubt: 'credentials' },
  ENROLLMENT_DAMAGED: { t: 'doubt', doubt: 'credentials' },
  STATE_DAMAGED: { t: 'blocked', reason: 'database' },
};

/** What a failed run means for the task as a whole. */
export function classifyFailure(error: unknown): Failure {
  if (error instanceof AppError) return BY_CODE[error.code] ?? { t: 'unexpected' };
  const code = error instanceof Error && 'code' in error ? error.code : undefined;
  if (code === 'ERR_SQLITE_ERROR') return { t: 'blocked', reason: 'database' };
  if (code === 'ENOSPC' || code === 'EDQUOT') return { t: 'blocked', reason: 'disk' };
  return { t: 'unexpected' };
}

/** The device is not accepted as it is: every task of it is blocked until it is. */
export function isCredentialFailure(error: unknown): boolean {
  const failure = classifyFailure(error);
  return failure.t === 'doubt' && failure.doubt === 'credentials';
}
