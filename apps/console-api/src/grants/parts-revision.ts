import type { EnterpriseId, SpaceId } from '@tideline/contracts';
import type { EntityManager } from 'typeorm';
import { queryRows } from '../platform/rows.ts';

/** What narrower parts of a space follow from: they change with its rights and, where there are any, with its tree. */
export type PartsRevision = {
  readonly capsRev: number;
  readonly seq: number;
  /** A grant stands below the root, whoever it is given to. */
  readonly hasParts: boolean;
};

/** To be read before what follows from it. */
export async function findPartsRevision(
  manager: EntityManager,
  enterpriseId: EnterpriseId,
  spaceId: SpaceId,
): Promise<PartsRevision | undefined> {
  const [row] = await queryRows<Pick<PartsRevision, 'capsRev' | 'hasParts'> & { readonly seq: string }>(
    manager,
    `SELECT caps_rev AS "capsRev", seq, EXISTS (SELECT FROM folder_grant g WHERE g.enterprise_id = $1 AND g.space_id = $2
       AND g.node_id IS DISTINCT FROM s.root_node_id) AS "hasParts"
     FROM space s WHERE enterprise_id = $1 AND id = $2`,
    [enterpriseId, spaceId],
  );
  return row && { ...row, seq: Number(row.seq) };
}

/** Whether what was found by the revision before the space was locked is what would be found now. */
export function stillHolds(
  revision: PartsRevision,
  locked: { readonly capsRev: number; readonly seq: number },
): boolean {
  return revision.capsRev === locked.capsRev && (!revision.hasParts || revision.seq === locked.seq);
}
