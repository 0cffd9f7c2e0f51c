import type { ActionList, ActionListId, Atom, EnterpriseId, SpaceId } from '@tideline/contracts';
import type { EntityManager } from 'typeorm';
import { queryRows } from '../platform/rows.ts';

type ListRow = { readonly id: ActionListId; readonly name: string; readonly atoms: Atom[]; readonly grants: number };

export async function listActionLists(
  manager: EntityManager,
  enterpriseId: EnterpriseId,
  only: ActionListId | null = null,
): Promise<ActionList[]> {
  return queryRows<ListRow>(
    manager,
    `SELECT l.id, l.name, l.atoms, (SELECT count(*)::int FROM folder_grant g
       WHERE g.enterprise_id = $1 AND g.action_list_id = l.id) AS grants
     FROM action_list l WHERE l.enterprise_id = $1 AND ($2::uuid IS NULL OR l.id = $2) ORDER BY l.name, l.id`,
    [enterpriseId, only],
  );
}

type Saved = { readonly id: ActionListId; readonly name: string; readonly atoms: readonly Atom[] };

export async function insertActionList(manager: EntityManager, enterpriseId: EnterpriseId, list: Saved): Promise<void> {
  await queryRows(manager, `INSERT INTO action_list (enterprise_id, id, name, atoms) VALUES ($1, $2, $3, $4)`, [
    enterpriseId,
    list.id,
    list.name,
    list.atoms,
  ]);
}

/** Answers the spaces in which the list is given on folders, or `undefined` when there is no such list. */
export async function updateActionList(
  manager: EntityManager,
  enterpriseId: EnterpriseId,
  list: Saved,
): Promise<SpaceId[] | undefined> {
  const updated = await queryRows(
    manager,
    `UPDATE action_list SET name = $3, atoms = $4 WHERE enterprise_id = $1 AND id = $2 RETURNING id`,
    [enterpriseId, list.id, list.name, list.atoms],
  );
  if (updated.length === 0) return undefined;
  const rows = await queryRows<{ space_id: SpaceId }>(
    manager,
    `UPDATE folder_grant SET atoms = $3 WHERE enterprise_id = $1 AND action_list_id = $2 RETURNING space_id`,
    [enterpriseId, list.id, list.atoms],
  );
  return [...new Set(rows.map((row) => row.space_id))];
}

/** Fails with a foreign key violation while the list is given on a folder. */
export async function deleteActionList(
  manager: EntityManager,
  enterpriseId: EnterpriseId,
  listId: ActionListId,
): Promise<boolean> {
  const rows = await queryRows(manager, `DELETE FROM action_list WHERE enterprise_id = $1 AND id = $2 RETURNING id`, [
    enterpriseId,
    listId,
  ]);
  return rows.length > 0;
}
