import type { AccountRole, EnterpriseId, NodeId, SpaceId, UserId } from '@tideline/contracts';
import type { EntityManager } from 'typeorm';
import { queryRows } from '../platform/rows.ts';

export type Receiver = {
  readonly enterpriseId: EnterpriseId;
  readonly userId: UserId;
  readonly name: string;
  readonly role: Exclude<AccountRole, 'operator'>;
  readonly spaceId: SpaceId;
  readonly rootId: NodeId;
};

/** An active person with the personal space that takes what is handed over. */
export async function findReceiver(
  manager: EntityManager,
  enterpriseId: EnterpriseId,
  userId: UserId,
): Promise<Receiver | undefined> {
  const [row] = await queryRows<Receiver>(
    manager,
    `SELECT $1::uuid AS "enterpriseId", u.id AS "userId", u.name, u.role, s.id AS "spaceId", s.root_node_id AS "rootId"
     FROM app_user u JOIN space s ON s.enterprise_id = $1 AND s.owner_user_id = u.id AND s.kind = 'personal'
     WHERE u.enterprise_id = $1 AND u.id = $2 AND u.disabled_at IS NULL`,
    [enterpriseId, userId],
  );
  return row;
}

/** A live folder of that name at the root of the receiver's space. */
export async function findFolderNamed(
  manager: EntityManager,
  receiver: Receiver,
  name: string,
): Promise<NodeId | undefined> {
  const [row] = await queryRows<{ id: NodeId }>(
    manager,
    `SELECT id FROM node
     WHERE enterprise_id = $1 AND space_id = $2 AND parent_id = $3 AND live_name = $4 AND kind = 'folder'`,
    [receiver.enterpriseId, receiver.spaceId, receiver.rootId, name],
  );
  return row?.id;
}

export async function getUserName(
  manager: EntityManager,
  { enterpriseId, userId }: { readonly enterpriseId: EnterpriseId; readonly userId: UserId },
): Promise<string> {
  const [row] = await queryRows<{ name: string }>(
    manager,
    `SELECT name FROM app_user WHERE enterprise_id = $1 AND id = $2`,
    [enterpriseId, userId],
  );
  return row?.name ?? '';
}
