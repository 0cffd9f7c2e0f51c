import type { ProblemCode } from '@tideline/contracts';
import type { UnknownReason } from '@tideline/sync-core';

export function codeOf(error: unknown): string {
  return error instanceof Error && 'code' in error && typeof error.code === 'string' ? error.code : 'UNKNOWN';
}

/** Gone, or no longer reachable because a folder above is gone. */
export const isGone = (error: unknown): boolean => ['ENOENT', 'ENOTDIR'].includes(codeOf(error));

export function toUnknownReason(error: unknown): UnknownReason {
  switch (codeOf(error)) {
    case 'EACCES':
    case 'EPERM':
      return 'denied';
    case 'ENAMETOOLONG':
      return 'tooLong';
    case 'ENOENT':
    case 'ENOTDIR':
    case 'ELOOP':
    case 'EBUSY':
      return 'busy';
    default:
      return 'io';
  }
}

export function toProblemCode(why: UnknownReason): ProblemCode {
  if (why === 'tooLong') return 'PATH_TOO_LONG';
  return why === 'busy' ? 'BUSY' : 'UNREADABLE';
}
