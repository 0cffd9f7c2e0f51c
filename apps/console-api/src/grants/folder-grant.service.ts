import { Injectable } from '@nestjs/common';
import {
  AppError,
  type ActionListId,
  type FolderGrant,
  type GrantId,
  type NodeId,
  type SetFolderGrant,
  type SpaceId,
} from '@tideline/contracts';
import { DataSource, type EntityManager } from 'typeorm';
import { v7 as uuidv7 } from 'uuid';
import { inSpaceOf } from '../drive/in-space-of.ts';
import { readPage, type PageAsked, type PageOf } from '../platform/page.ts';
import type { PersonPrincipal } from '../platform/principal.ts';
import { SocketHub } from '../platform/socket-hub.ts';
import { AccessService } from './access.service.ts';
import { findChains } from './access.store.ts';
import {
  deleteFolderGrant,
  findGiven,
  findPersonalSpace,
  GrantPosition,
  listFolderGrants,
  lockList,
  writeFolderGrant,
} from './folder-grant.store.ts';
import { mergeGrant, type NamedList } from './given-grant.ts';
import { bumpCapsRev, findGrantFolder, hasIdentity } from './grant.store.ts';
import { parentsOf, pathUp } from './path-up.ts';

/** What is given on folders, by those who may give it: owners in their personal space, others where their role lets them. */
@Injectable()
export class FolderGrantService {
  constructor(
    private readonly dataSource: DataSource,
    private readonly access: AccessService,
    private readonly sockets: SocketHub,
  ) {}

  /** On the node's folder and on those above it, the nearest folder first. */
  async listFor(person: PersonPrincipal, nodeId: NodeId, asked: PageAsked): Promise<PageOf<FolderGrant>> {
    const { manager } = this.dataSource;
    const { enterpriseId } = person;
    await this.access.requireGranter(manager, person, nodeId);
    const nodeIds = pathUp(parentsOf(await findChains(manager, enterpriseId, [nodeId])), nodeId);
    const page = await readPage<Omit<FolderGrant, 'inherited'>, typeof GrantPosition>(asked, {
      position: GrantPosition,
      positionOf: (grant) => [nodeIds.indexOf(grant.nodeId) + 1, grant.id],
      find: (page) => listFolderGrants(manager, enterpriseId, { nodeIds }, page),
    });
    return { ...page, rows: page.rows.map((grant) => ({ ...grant, inherited: grant.nodeId !== nodeId })) };
  }

  /** Everything that the person gave in the own personal space. */
  async listGiven(person: PersonPrincipal): Promise<FolderGrant[]> {
    const { manager } = this.dataSource;
    const spaceId = await findPersonalSpace(manager, person.enterpriseId, person.userId);
    if (!spaceId) return [];
    const grants = await listFolderGrants(manager, person.enterpriseId, { spaceId });
    return grants.map((grant) => ({ ...grant, inherited: false }));
  }

  async set(person: PersonPrincipal, nodeId: NodeId, wanted: SetFolderGrant): Promise<FolderGrant> {
    const { enterpriseId } = person;
    const decide = (manager: EntityManager) => this.requireGrantable(manager, person, { nodeId, wanted });
    const { grant, spaceId } = await inSpaceOf(this.dataSource, { enterpriseId, decide }, async ({ manager, key }) => {
      const { spaceId } = key;
      // Under the lock of the space two changes of one grant cannot merge with the same state before.
      await bumpCapsRev(manager, enterpriseId, [spaceId]);
      const list = await getNamedList(wanted, (listId) => lockList(manager, enterpriseId, listId));
      const before = await findGiven(manager, enterpriseId, { nodeId, to: wanted.to });
      const axes = mergeGrant(before, wanted, list);
      const { to, subTeams } = wanted;
      const row = { ...axes, id: uuidv7() as GrantId, spaceId, nodeId, to, subTeams };
      const id = await writeFolderGrant(manager, enterpriseId, { ...row, createdBy: person.userId });
      const [grant] = await listFolderGrants(manager, enterpriseId, { grantIds: [id] });
      if (!grant) throw new Error(`grant ${id} is gone inside its own transaction`);
      return { grant: { ...grant, inherited: false }, spaceId };
    });
    this.sockets.rightsChanged(enterpriseId, spaceId);
    return grant;
  }

  async remove(person: PersonPrincipal, nodeId: NodeId, grantId: GrantId): Promise<void> {
    const { enterpriseId } = person;
    const decide = async (manager: EntityManager) =>
      (await this.access.requireGranter(manager, person, nodeId)).spaceId;
    const spaceId = await inSpaceOf(
      this.dataSource,
      { enterpriseId, decide },
      async ({ manager, key: { spaceId } }) => {
        const isRemoved = await deleteFolderGrant(manager, enterpriseId, { nodeId, grantId });
        if (!isRemoved) throw new AppError('NOT_FOUND', { what: 'right' });
        await bumpCapsRev(manager, enterpriseId, [spaceId]);
        return spaceId;
      },
    );
    this.sockets.rightsChanged(enterpriseId, spaceId);
  }

  /** Throws unless the person may give this here. Used for the preview of a change, too. */
  async requireGrantable(
    manager: EntityManager,
    person: PersonPrincipal,
    on: { readonly nodeId: NodeId; readonly wanted: Pick<SetFolderGrant, 'to'> },
  ): Promise<SpaceId> {
    const { to } = on.wanted;
    const access = await this.access.requireGranter(manager, person, on.nodeId);
    const folder = await findGrantFolder(manager, person.enterpriseId, on.nodeId);
    if (folder?.kind !== 'folder') throw new AppError('KIND_MISMATCH', { expected: 'folder' });
    if (!(await hasIdentity(manager, person.enterpriseId, to))) throw new AppError('NOT_FOUND', { what: to.type });
    if (to.id === access.ownerUserId) {
      throw new AppError('INVALID_INPUT', { reason: 'body.to: the owner of a personal space has every right in it' });
    }
    return access.spaceId;
  }
}

export async function getNamedList(
  { actionListId }: Pick<SetFolderGrant, 'actionListId'>,
  find: (listId: ActionListId) => Promise<NamedList | undefined>,
): Promise<NamedList> {
  if (!actionListId) return null;
  const list = await find(actionListId);
  if (!list) throw new AppError('NOT_FOUND', { what: 'The list of actions' });
  return list;
}
