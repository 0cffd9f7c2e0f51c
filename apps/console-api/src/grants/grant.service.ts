import { Injectable } from '@nestjs/common';
import {
  AppError,
  type EnterpriseId,
  type Grant,
  type GrantId,
  type NodeId,
  type SetGrant,
  type SpaceId,
  type TeamId,
} from '@tideline/contracts';
import { DataSource, type EntityManager } from 'typeorm';
import { v7 as uuidv7 } from 'uuid';
import type { z } from 'zod';
import { inSpaceOf } from '../drive/in-space-of.ts';
import { readPage, type PageAsked, type PageOf } from '../platform/page.ts';
import type { PersonPrincipal } from '../platform/principal.ts';
import { SocketHub } from '../platform/socket-hub.ts';
import { inTransaction } from '../platform/transaction.ts';
import { GrantPosition } from './folder-grant.store.ts';
import {
  bumpCapsRev,
  findGrantFolder,
  findSharedSpaceOf,
  hasIdentity,
  listGrants,
  listSharedSpaces,
  listSpacesOfTeams,
  removeSyncRight,
  upsertGrant,
} from './grant.store.ts';

type Wanted = z.output<typeof SetGrant>;

/** Sync rights on folders of shared spaces. Every change reaches the devices at once; they ask for their caps again (PE-2). */
@Injectable()
export class GrantService {
  constructor(
    private readonly dataSource: DataSource,
    private readonly sockets: SocketHub,
  ) {}

  list(enterpriseId: EnterpriseId, asked: PageAsked): Promise<PageOf<Grant>> {
    return readPage<Grant, typeof GrantPosition>(asked, {
      position: GrantPosition,
      positionOf: ({ id }) => [0, id],
      find: (page) => listGrants(this.dataSource.manager, enterpriseId, page),
    });
  }

  async set(principal: PersonPrincipal, wanted: Wanted): Promise<Grant> {
    const { enterpriseId } = principal;
    const decide = (manager: EntityManager) => requireGrantable(manager, enterpriseId, wanted.nodeId);
    const { grant, spaceId } = await inSpaceOf(this.dataSource, { enterpriseId, decide }, async ({ manager, key }) => {
      const { spaceId } = key;
      if (!(await hasIdentity(manager, enterpriseId, wanted.to)))
        throw new AppError('NOT_FOUND', { what: wanted.to.type });
      const created = { ...wanted, id: uuidv7() as GrantId, spaceId, createdBy: principal.userId };
      const id = await upsertGrant(manager, enterpriseId, created);
      await bumpCapsRev(manager, enterpriseId, [spaceId]);
      const [grant] = await listGrants(manager, enterpriseId, { id });
      if (!grant) throw new Error(`grant ${id} is gone inside its own transaction`);
      return { grant, spaceId };
    });
    this.sockets.rightsChanged(enterpriseId, spaceId);
    return grant;
  }

  async remove(enterpriseId: EnterpriseId, grantId: GrantId): Promise<void> {
    const decide = (manager: EntityManager) => getSharedSpace(manager, enterpriseId, grantId);
    const spaceId = await inSpaceOf(
      this.dataSource,
      { enterpriseId, decide },
      async ({ manager, key: { spaceId } }) => {
        await removeSyncRight(manager, enterpriseId, grantId);
        await bumpCapsRev(manager, enterpriseId, [spaceId]);
        return spaceId;
      },
    );
    this.sockets.rightsChanged(enterpriseId, spaceId);
  }

  /**
   * After a change of teams, members or account roles, once it is committed: rights that come from them may differ now. With
   * `teamIds` only spaces in which these teams or those above them have something are told about: name the teams that somebody
   * joined or left; for a team that was moved, the team with its old and its new parent. Without them, as for a changed account
   * role, every shared space is.
   */
  async announceMembershipChange(enterpriseId: EnterpriseId, teamIds?: readonly TeamId[]): Promise<void> {
    const spaceIds = await inTransaction(this.dataSource, async (manager) => {
      const spaceIds = teamIds
        ? await listSpacesOfTeams(manager, enterpriseId, teamIds)
        : await listSharedSpaces(manager, enterpriseId);
      await bumpCapsRev(manager, enterpriseId, spaceIds);
      return spaceIds;
    });
    for (const spaceId of spaceIds) this.sockets.rightsChanged(enterpriseId, spaceId);
  }
}

/** Never a personal one: what is shared there is its owner's own affair (PE-5). */
async function getSharedSpace(manager: EntityManager, enterpriseId: EnterpriseId, grantId: GrantId): Promise<SpaceId> {
  const spaceId = await findSharedSpaceOf(manager, enterpriseId, grantId);
  if (!spaceId) throw new AppError('NOT_FOUND', { what: 'right' });
  return spaceId;
}

/** Folders of team spaces and of the enterprise space; of a personal space not even the existence is told (PE-5). */
async function requireGrantable(manager: EntityManager, enterpriseId: EnterpriseId, nodeId: NodeId): Promise<SpaceId> {
  const folder = await findGrantFolder(manager, enterpriseId, nodeId);
  if (!folder || folder.spaceKind === 'personal') throw new AppError('NODE_UNKNOWN');
  if (folder.kind !== 'folder') throw new AppError('KIND_MISMATCH', { expected: 'folder' });
  return folder.spaceId;
}
