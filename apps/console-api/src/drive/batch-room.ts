import type { BatchOp, BatchOutcome } from '@tideline/contracts';
import type { EntityManager } from 'typeorm';
import { reservationsOf } from '../quota/reservation-id.ts';
import { listReserved } from '../quota/reservation.store.ts';
import type { LockedSpace, SpaceKey } from './batch.store.ts';

/** VE-3: what a batch may still put into its space. */
export type Room = {
  /** Promised to nobody; below zero when the quota was lowered. `null`: no limit. */
  readonly freeBytes: number | null;
  /** By opId: promised to this operation alone. */
  readonly keptBytes: ReadonlyMap<string, number>;
  readonly reservations: ReadonlyMap<string, string>;
};
type Asking = {
  readonly key: SpaceKey;
  readonly space: LockedSpace;
  readonly actorId: string;
  readonly ops: readonly BatchOp[];
};
const NOTHING_KEPT: Pick<Room, 'keptBytes' | 'reservations'> = { keptBytes: new Map(), reservations: new Map() };

export async function findRoom(manager: EntityManager, { key, space, actorId, ops }: Asking): Promise<Room> {
  const { quotaBytes, usedBytes, reservedBytes } = space;
  const freeBytes = quotaBytes === null ? null : quotaBytes - usedBytes - reservedBytes;
  const reservations = reservedBytes === 0 ? NOTHING_KEPT.reservations : reservationsOf(actorId, ops);
  if (reservations.size === 0) return { freeBytes, ...NOTHING_KEPT };
  const reserved = await listReserved(manager, key, [...reservations.values()]);
  const kept = [...reservations].map(([opId, id]) => [opId, reserved.get(id) ?? 0] as const);
  return { freeBytes, keptBytes: new Map(kept), reservations };
}

/** Reservations of what is done. */
export function usedUp({ reservations }: Room, outcomes: readonly BatchOutcome[]): string[] {
  return outcomes.flatMap(({ status, opId }) => (status === 'done' ? (reservations.get(opId) ?? []) : []));
}
