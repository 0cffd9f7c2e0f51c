import type { EnterpriseId, NodeId, SpaceId } from '@tideline/contracts';
import type { EntityManager } from 'typeorm';
import { queryRows } from '../platform/rows.ts';

type Key = { readonly enterpriseId: EnterpriseId };
export type ZipNode = {
  readonly id: NodeId;
  readonly spaceId: SpaceId;
  readonly name: string;
  readonly kind: 'file' | 'folder';
  readonly mtimeMs: number | null;
  readonly exec: boolean;
  readonly createdAt: Date;
};

const COLUMNS = `n.id, n.space_id AS "spaceId", n.name, n.kind, n.mtime_ms AS "mtimeMs", n.exec, n.created_at AS "createdAt"`;

/** The asked nodes; the root of a space is called like the space. */
export function listZipNodes(manager: EntityManager, key: Key, nodeIds: readonly NodeId[]): Promise<ZipNode[]> {
  return queryRows<ZipNode>(
    manager,
    `SELECT n.*, CASE WHEN parent_id IS NULL THEN s.name ELSE n.name END AS name
     FROM (SELECT ${COLUMNS}, n.parent_id FROM node n WHERE n.enterprise_id = $1 AND n.id = ANY($2::uuid[])) n
     JOIN space s ON s.enterprise_id = $1 AND s.id = n."spaceId" ORDER BY array_position($2::uuid[], n.id)`,
    [key.enterpriseId, nodeIds],
  );
}

/** Live children of a folder in the order of their exact names, from `after` on. */
export function listZipChildren(
  manager: EntityManager,
  key: Key,
  page: { readonly folder: ZipNode; readonly after: string; readonly limit: number },
): Promise<ZipNode[]> {
  return queryRows<ZipNode>(
    manager,
    `SELECT ${COLUMNS} FROM node n
     WHERE n.enterprise_id = $1 AND n.space_id = $2 AND n.parent_id = $3 AND n.live_name > $4 ORDER BY n.live_name LIMIT $5`,
    [key.enterpriseId, page.folder.spaceId, page.folder.id, page.after, page.limit],
  );
}
