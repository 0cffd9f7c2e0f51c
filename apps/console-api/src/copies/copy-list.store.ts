import type { DriveNode, UserId } from '@tideline/contracts';
import type { EntityManager } from 'typeorm';
import type { SpaceKey } from '../drive/batch.store.ts';
import { NODE_COLUMNS, toNode, type NodeRow } from '../drive/node-row.ts';
import { queryRows } from '../platform/rows.ts';
import { COPY_COLUMNS, type StoredCopy } from './copy.store.ts';

export type ListedCopy = StoredCopy & { readonly userName: string; readonly createdAt: Date };
type CopyPage = { readonly after: string | null; readonly limit: number; readonly userId: UserId | null };

/** The newest first. A file is copied at once, so that there is nothing to tell of: only copies with an end of their own are listed. */
export async function listSpaceCopies(manager: EntityManager, key: SpaceKey, page: CopyPage): Promise<ListedCopy[]> {
  return queryRows<ListedCopy>(
    manager,
    `SELECT ${COPY_COLUMNS}, c.created_at AS "createdAt", coalesce(u.name, '') AS "userName"
     FROM tree_copy c LEFT JOIN app_user u ON u.enterprise_id = $1 AND u.id = c.user_id
     WHERE c.enterprise_id = $1 AND c.space_id = $2 AND (c.state = 'running' OR c.ended_at IS NOT NULL)
       AND ($3::uuid IS NULL OR c.id < $3) AND ($4::uuid IS NULL OR c.user_id = $4)
     ORDER BY c.id DESC LIMIT $5`,
    [key.enterpriseId, key.spaceId, page.after, page.userId, page.limit],
  );
}

/** Of these nodes those that are in the space. */
export async function listNodes(
  manager: EntityManager,
  key: SpaceKey,
  nodeIds: readonly string[],
): Promise<Map<string, DriveNode>> {
  const rows = await queryRows<NodeRow>(
    manager,
    `SELECT ${NODE_COLUMNS} FROM node n WHERE n.enterprise_id = $1 AND n.id = ANY($3::uuid[]) AND n.space_id = $2`,
    [key.enterpriseId, key.spaceId, nodeIds],
  );
  return new Map(rows.map((row) => [row.id, toNode(row)]));
}
