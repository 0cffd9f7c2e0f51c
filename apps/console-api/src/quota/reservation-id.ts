import { createHash } from 'node:crypto';
import type { BatchOp } from '@tideline/contracts';

/** Keys are chosen by whoever uploads, so that two may choose the same: each has its own reservation, and nobody meets another's. */
export function reservationIdOf(actorId: string, key: string): string {
  const hex = createHash('sha256').update(`${actorId} ${key}`).digest('hex');
  return `${hex.slice(0, 8)}-${hex.slice(8, 12)}-8${hex.slice(13, 16)}-a${hex.slice(17, 20)}-${hex.slice(20, 32)}`;
}

/** By operation with content: the reservation that its commit uses up. Of several that name one, the first has it. */
export function reservationsOf(actorId: string, ops: readonly BatchOp[]): Map<string, string> {
  const byOp = new Map<string, string>();
  const named = new Set<string>();
  for (const op of ops) {
    if (!('content' in op)) continue;
    const id = reservationIdOf(actorId, op.reservation ?? op.opId);
    if (named.has(id)) continue;
    named.add(id);
    byOp.set(op.opId, id);
  }
  return byOp;
}
