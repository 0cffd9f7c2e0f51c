import type { ErrorCode } from '@tideline/contracts';

/** What every command may end with; scripts build on these numbers. */
export const EXIT = {
  ok: 0,
  error: 1,
  usage: 2,
  notSignedIn: 3,
  attention: 4,
  failing: 5,
  agentNotRunning: 6,
} as const;

const BY_CODE: Partial<Record<ErrorCode, number>> = {
  USAGE: EXIT.usage,
  CLOUD_PATH_INVALID: EXIT.usage,
  NOT_ENROLLED: EXIT.notSignedIn,
  ENROLLMENT_DAMAGED: EXIT.notSignedIn,
  NOT_SIGNED_IN: EXIT.notSignedIn,
  DEVICE_REVOKED: EXIT.notSignedIn,
  DEVICE_NOT_APPROVED: EXIT.notSignedIn,
  AGENT_NOT_RUNNING: EXIT.agentNotRunning,
};

export function exitCodeOf(code: ErrorCode): number {
  return BY_CODE[code] ?? EXIT.error;
}
