import type { EnterpriseId, SpaceId } from '@tideline/contracts';
import type { EntityManager } from 'typeorm';
import { queryLast, queryRows } from '../platform/rows.ts';

export type SpaceKey = { readonly enterpriseId: EnterpriseId; readonly spaceId: SpaceId };
export type Wanted = { readonly id: string; readonly bytes: number };

// The row of the space is always locked before its reservations, so that their sum in the space is true at every commit.

/**
 * Takes the room or nothing, by one conditional update; what was reserved under the same ids before is given back for it. Needs
 * the lock of the space.
 */
export async function tryReserve(
  manager: EntityManager,
  key: SpaceKey & { readonly actorId: string },
  wanted: readonly Wanted[],
  expiresAt: Date,
): Promise<boolean> {
  const [row] = await queryRows<{ taken: boolean }>(
    manager,
    `WITH want AS (SELECT * FROM unnest($3::uuid[], $4::bigint[]) AS t(op_id, bytes)),
     more AS (
       SELECT (SELECT coalesce(sum(bytes), 0) FROM want) - coalesce(sum(r.bytes), 0) AS bytes
       FROM want JOIN reservation r ON r.enterprise_id = $1 AND r.space_id = $2 AND r.op_id = want.op_id
     ),
     taken AS (
       UPDATE space s SET reserved_bytes = s.reserved_bytes + more.bytes FROM more
       WHERE s.enterprise_id = $1 AND s.id = $2
         AND (more.bytes <= 0 OR s.quota_bytes IS NULL OR s.used_bytes + s.reserved_bytes + more.bytes <= s.quota_bytes)
       RETURNING s.id
     ),
     put AS (
       INSERT INTO reservation (enterprise_id, space_id, op_id, bytes, expires_at, actor_id)
       SELECT $1, $2, want.op_id, want.bytes, $5, $6 FROM want WHERE EXISTS (SELECT FROM taken) ORDER BY want.op_id
       ON CONFLICT (enterprise_id, space_id, op_id)
       DO UPDATE SET bytes = excluded.bytes, expires_at = excluded.expires_at, actor_id = excluded.actor_id
     )
     SELECT EXISTS (SELECT FROM taken) AS taken`,
    [
      key.enterpriseId,
      key.spaceId,
      wanted.map((each) => each.id),
      wanted.map((each) => each.bytes),
      expiresAt,
      key.actorId,
    ],
  );
  return row?.taken === true;
}

export type Sent = { readonly id: string; readonly bytes: number };
export type Counted = Sent & {
  readonly now: Date;
  readonly expiresAt: Date;
  /** What was sent of a file before it became another one is not held against it for ever: the count begins anew after a while. */
  readonly countedSince: Date;
};

const SENT_BYTES = `CASE WHEN r.sent_since > $6 THEN r.sent_bytes ELSE 0 END`;
const SENT_SINCE = `CASE WHEN r.sent_since > $6 AND r.sent_bytes > 0 THEN r.sent_since ELSE $7 END`;

/**
 * Counts what is about to arrive under a reservation, and lets the reservation live on. False: the space has a quota and the
 * reservation is not there or not so large.
 */
export async function countSent(manager: EntityManager, key: SpaceKey, sent: Counted): Promise<boolean> {
  const [row] = await queryRows<{ covered: boolean }>(
    manager,
    `WITH counted AS (
       UPDATE reservation r
       SET sent_bytes = ${SENT_BYTES} + $4, sent_since = ${SENT_SINCE}, expires_at = greatest(r.expires_at, $5)
       WHERE r.enterprise_id = $1 AND r.space_id = $2 AND r.op_id = $3 AND ${SENT_BYTES} + $4 <= r.bytes
       RETURNING r.op_id
     )
     SELECT s.quota_bytes IS NULL OR EXISTS (SELECT FROM counted) AS covered
     FROM space s WHERE s.enterprise_id = $1 AND s.id = $2`,
    [key.enterpriseId, key.spaceId, sent.id, sent.bytes, sent.expiresAt, sent.countedSince, sent.now],
  );
  return row?.covered === true;
}

/** The same, where the reservation has to grow for it or be made; takes the room or nothing. Needs the lock of the space. */
export async function tryReserveSent(
  manager: EntityManager,
  key: SpaceKey & { readonly actorId: string },
  sent: Counted,
): Promise<boolean> {
  const [row] = await queryRows<{ taken: boolean }>(
    manager,
    `WITH more AS (
       SELECT greatest(coalesce(sum(${SENT_BYTES} - r.bytes), 0) + $4, 0) AS bytes FROM reservation r
       WHERE r.enterprise_id = $1 AND r.space_id = $2 AND r.op_id = $3
     ),
     taken AS (
       UPDATE space s SET reserved_bytes = s.reserved_bytes + more.bytes FROM more
       WHERE s.enterprise_id = $1 AND s.id = $2
         AND (more.bytes = 0 OR s.quota_bytes IS NULL OR s.used_bytes + s.reserved_bytes + more.bytes <= s.quota_bytes)
       RETURNING more.bytes
     ),
     put AS (
       INSERT INTO reservation AS r (enterprise_id, space_id, op_id, bytes, sent_bytes, sent_since, expires_at, actor_id)
       SELECT $1, $2, $3, taken.bytes, $4, $7, $5, $8 FROM taken
       ON CONFLICT (enterprise_id, space_id, op_id) DO UPDATE SET
         bytes = r.bytes + excluded.bytes, sent_bytes = ${SENT_BYTES} + excluded.sent_bytes, sent_since = ${SENT_SINCE},
         expires_at = excluded.expires_at
     )
     SELECT EXISTS (SELECT FROM taken) AS taken`,
    [key.enterpriseId, key.spaceId, sent.id, sent.bytes, sent.expiresAt, sent.countedSince, sent.now, key.actorId],
  );
  return row?.taken === true;
}

/** It was counted and did not arrive. */
export async function uncountSent(manager: EntityManager, key: SpaceKey, sent: Sent): Promise<void> {
  await queryRows(
    manager,
    `UPDATE reservation SET sent_bytes = greatest(sent_bytes - $4, 0)
     WHERE enterprise_id = $1 AND space_id = $2 AND op_id = $3`,
    [key.enterpriseId, key.spaceId, sent.id, sent.bytes],
  );
}

/** Room that the space still has for this caller: what the caller has reserved is not taken from the caller. `null`: no limit. */
export async function findRoom(
  manager: EntityManager,
  key: SpaceKey & { readonly actorId: string },
): Promise<number | null> {
  const [row] = await queryRows<{ room: string | null }>(
    manager,
    `SELECT s.quota_bytes - s.used_bytes - s.reserved_bytes + CASE WHEN s.reserved_bytes = 0 THEN 0 ELSE (
              SELECT coalesce(sum(r.bytes), 0) FROM reservation r
              WHERE r.enterprise_id = $1 AND r.space_id = $2 AND r.actor_id = $3) END AS room
     FROM space s WHERE s.enterprise_id = $1 AND s.id = $2`,
    [key.enterpriseId, key.spaceId, key.actorId],
  );
  const room = row?.room ?? null;
  return room === null ? null : Number(room);
}

export async function hasQuota(manager: EntityManager, key: SpaceKey): Promise<boolean> {
  const rows = await queryRows(
    manager,
    `SELECT FROM space WHERE enterprise_id = $1 AND id = $2 AND quota_bytes IS NOT NULL`,
    [key.enterpriseId, key.spaceId],
  );
  return rows.length > 0;
}

/** By id: what is reserved. */
export async function listReserved(
  manager: EntityManager,
  key: SpaceKey,
  ids: readonly string[],
): Promise<Map<string, number>> {
  const rows = await queryRows<{ id: string; bytes: string }>(
    manager,
    `SELECT op_id AS id, bytes FROM reservation
     WHERE enterprise_id = $1 AND space_id = $2 AND op_id = ANY($3::uuid[])`,
    [key.enterpriseId, key.spaceId, ids],
  );
  return new Map(rows.map(({ id, bytes }) => [id, Number(bytes)]));
}

/** Used up, since their bytes count as used now, or given up. Needs the lock of the space. */
export async function removeReservations(manager: EntityManager, key: SpaceKey, ids: readonly string[]): Promise<void> {
  if (ids.length === 0) return;
  await queryLast(
    manager,
    `WITH gone AS (
       DELETE FROM reservation WHERE enterprise_id = $1 AND space_id = $2 AND op_id = ANY($3::uuid[]) RETURNING bytes
     )
     UPDATE space SET reserved_bytes = reserved_bytes - (SELECT coalesce(sum(bytes), 0) FROM gone)
     WHERE enterprise_id = $1 AND id = $2`,
    [key.enterpriseId, key.spaceId, ids],
  );
}

/** Whoever goes on with an upload keeps its room; written at most once per half of the time a reservation lives. */
export async function renewReservation(
  manager: EntityManager,
  key: SpaceKey & { readonly id: string },
  until: { readonly expiresAt: Date; readonly ifBefore: Date },
): Promise<void> {
  await queryRows(
    manager,
    `UPDATE reservation SET expires_at = $4 WHERE enterprise_id = $1 AND space_id = $2 AND op_id = $3 AND expires_at < $5`,
    [key.enterpriseId, key.spaceId, key.id, until.expiresAt, until.ifBefore],
  );
}

export async function listSpacesWithExpired(manager: EntityManager, now: Date): Promise<SpaceKey[]> {
  return queryRows<SpaceKey>(
    manager,
    `SELECT DISTINCT enterprise_id AS "enterpriseId", space_id AS "spaceId" FROM reservation WHERE expires_at <= $1 LIMIT 1000`,
    [now],
  );
}

/** Gives back the room of what was not renewed; needs the lock of the space. Answers how many there were. */
export async function expireReservations(manager: EntityManager, key: SpaceKey, now: Date): Promise<number> {
  const [row] = await queryRows<{ count: string }>(
    manager,
    `WITH gone AS (
       DELETE FROM reservation WHERE enterprise_id = $1 AND space_id = $2 AND expires_at <= $3 RETURNING bytes
     ), given AS (
       UPDATE space SET reserved_bytes = reserved_bytes - (SELECT coalesce(sum(bytes), 0) FROM gone)
       WHERE enterprise_id = $1 AND id = $2
     )
     SELECT count(*) AS count FROM gone`,
    [key.enterpriseId, key.spaceId, now],
  );
  return Number(row?.count ?? 0);
}
