import type { CopyAnswer, DriveNode } from '@tideline/contracts';
import type { StoredCopy } from './copy.store.ts';

/** After this a copy for which there is no room is given up (ADR 0024). */
export const WAIT_FOR_ROOM_MS = 7 * 24 * 60 * 60 * 1000;

export function toCopyAnswer(copy: StoredCopy, node: DriveNode | null): CopyAnswer {
  const { id: copyId, state, copiedNodes, leftOut, refusal, waitingSince } = copy;
  const waitsUntil = waitingSince && new Date(waitingSince.getTime() + WAIT_FOR_ROOM_MS).toISOString();
  return { copyId, state, node, copiedNodes, leftOut, refusal, waitsUntil };
}
