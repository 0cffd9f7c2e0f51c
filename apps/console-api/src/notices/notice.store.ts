import { MAX_NOTICES, type EnterpriseId, type Notice, type UserId } from '@tideline/contracts';
import type { EntityManager } from 'typeorm';
import { queryRows } from '../platform/rows.ts';

export type Reader = { readonly enterpriseId: EnterpriseId; readonly userId: UserId; readonly isAdmin: boolean };
type KindsWithout<K extends PropertyKey> = Notice extends infer N ? (N extends Notice ? Omit<N, K> : never) : never;
/** A notice without what the table adds. */
export type Told = KindsWithout<'id' | 'at' | 'seen'>;
export type NewNotice = {
  readonly enterpriseId: EnterpriseId;
  readonly id: string;
  readonly to: UserId | 'admins';
  /** The same topic is told once per enterprise. */
  readonly topic: string | null;
  readonly told: Told;
  readonly at: Date;
};

/** Whether it is new: a topic that was told is not told again. */
export async function insertNotice(manager: EntityManager, notice: NewNotice): Promise<boolean> {
  const { kind, ...params } = notice.told;
  const rows = await queryRows(
    manager,
    `INSERT INTO notice (enterprise_id, id, user_id, topic, kind, params, created_at)
     VALUES ($1, $2, $3, $4, $5, $6, $7) ON CONFLICT (enterprise_id, topic) DO NOTHING RETURNING id`,
    [
      notice.enterpriseId,
      notice.id,
      notice.to === 'admins' ? null : notice.to,
      notice.topic,
      kind,
      JSON.stringify(params),
      notice.at,
    ],
  );
  return rows.length > 0;
}

export async function deleteTopic(
  manager: EntityManager,
  { enterpriseId }: { readonly enterpriseId: EnterpriseId },
  topic: string,
): Promise<void> {
  await queryRows(manager, `DELETE FROM notice WHERE enterprise_id = $1 AND topic = $2`, [enterpriseId, topic]);
}

/** Newest first. */
export async function listNotices(manager: EntityManager, reader: Reader, since: Date): Promise<Notice[]> {
  type Row = { id: string; kind: string; params: object; at: Date; seen: boolean };
  const rows = await queryRows<Row>(
    manager,
    `SELECT n.id, n.kind, n.params, n.created_at AS at, s.user_id IS NOT NULL AS seen
     FROM notice n LEFT JOIN notice_seen s ON s.enterprise_id = $1 AND s.notice_id = n.id AND s.user_id = $2
     WHERE ${MINE} AND n.created_at > $4 ORDER BY n.created_at DESC, n.id DESC LIMIT ${MAX_NOTICES}`,
    [reader.enterpriseId, reader.userId, reader.isAdmin, since],
  );
  // Written by `insertNotice` alone, from the type that is read here.
  return rows.map(({ params, at, ...row }) => ({ ...params, ...row, at: at.toISOString() }) as Notice);
}

/** Those of other people are passed over. */
export async function markSeen(manager: EntityManager, reader: Reader, ids: readonly string[]): Promise<void> {
  await queryRows(
    manager,
    `INSERT INTO notice_seen (enterprise_id, notice_id, user_id)
     SELECT $1, n.id, $2 FROM notice n WHERE ${MINE} AND n.id = ANY($4::uuid[]) ON CONFLICT DO NOTHING`,
    [reader.enterpriseId, reader.userId, reader.isAdmin, ids],
  );
}

const MINE = `n.enterprise_id = $1 AND (n.user_id = $2 OR ($3 AND n.user_id IS NULL))`;

export async function deleteOldNotices(manager: EntityManager, before: Date, limit: number): Promise<number> {
  const [row] = await queryRows<{ count: number }>(
    manager,
    `WITH gone AS (
       DELETE FROM notice WHERE (enterprise_id, id) IN (
         SELECT enterprise_id, id FROM notice WHERE created_at <= $1 ORDER BY created_at LIMIT $2) RETURNING 1
     ) SELECT count(*)::int AS count FROM gone`,
    [before, limit],
  );
  return row?.count ?? 0;
}
