import { Injectable } from '@nestjs/common';
import {
  AppError,
  type ActionListId,
  type Atom,
  type EnterpriseId,
  type GrantId,
  type NodeId,
  type RightsChange,
  type RightsImpact,
  type SetFolderGrant,
  type SpaceId,
  type UserId,
} from '@tideline/contracts';
import { DataSource, type EntityManager } from 'typeorm';
import { v7 as uuidv7 } from 'uuid';
import { Clock } from '../platform/clock.ts';
import type { PersonPrincipal } from '../platform/principal.ts';
import { inSnapshot } from '../platform/transaction.ts';
import { AccessService } from './access.service.ts';
import { findChains } from './access.store.ts';
import { FolderGrantService, getNamedList } from './folder-grant.service.ts';
import { findGiven, findGrantNode, findList } from './folder-grant.store.ts';
import { liveAt, mergeGrant, type GivenGrant } from './given-grant.ts';
import {
  listPeopleBelow,
  listSpacesOf,
  listSpacesOfList,
  listSpaceTasks,
  listTeamTree,
  type SpaceTask,
} from './impact.store.ts';
import { measureChange, type MeasuredChange } from './measured-change.ts';
import { listMembers } from './member.store.ts';
import { shiftMembers, type PeopleShift } from './people-shift.ts';

/** One change of what is on a folder: the grant it replaces or takes away, and what is there instead. */
type Edit = { readonly nodeId: NodeId; readonly gone: GrantId | undefined; readonly made: GivenGrant | undefined };
type Asker = { readonly manager: EntityManager; readonly enterpriseId: EnterpriseId };

/** PE-2: says what a change of rights would do, so that whoever makes it knows. Reads only. */
@Injectable()
export class ImpactService {
  constructor(
    private readonly dataSource: DataSource,
    private readonly access: AccessService,
    private readonly grants: FolderGrantService,
    private readonly clock: Clock,
  ) {}

  preview(person: PersonPrincipal, change: RightsChange): Promise<RightsImpact> {
    return inSnapshot(this.dataSource, async (manager) => {
      const edit =
        change.change === 'set'
          ? await this.planSet(manager, person, change)
          : await this.planRemove(manager, person, change.grantId);
      return measureEdit({ manager, enterpriseId: person.enterpriseId }, edit);
    });
  }

  /** Of other actions in a list that is given on folders (PE-6). */
  previewList({ enterpriseId }: PersonPrincipal, listId: ActionListId, atoms: readonly Atom[]): Promise<RightsImpact> {
    return inSnapshot(this.dataSource, async (manager) => {
      const list = await findList(manager, enterpriseId, listId);
      if (!list) throw new AppError('NOT_FOUND', { what: 'The list of actions' });
      const spaceIds = await listSpacesOfList(manager, enterpriseId, listId);
      const tasks = await listSpaceTasks(manager, enterpriseId, { spaceIds });
      return measureGrants({ manager, enterpriseId }, tasks, (before) =>
        before.map((grant) => (grant.actionListId === listId ? { ...grant, atoms } : grant)),
      );
    });
  }

  /** Of a change of people; whether the asking person may make it is decided by whoever plans it, in the same transaction. */
  async measureShift(manager: EntityManager, enterpriseId: EnterpriseId, shift: PeopleShift): Promise<RightsImpact> {
    const userIds = await listShifted(manager, enterpriseId, shift);
    const closesSpaceOf = shift.kind === 'users' ? shift.closesSpaceOf : undefined;
    const closedIds = closesSpaceOf ? await listSpacesOf(manager, enterpriseId, closesSpaceOf) : [];
    const tasks = await listTasksOf(manager, enterpriseId, { userIds, spaceIds: closedIds });
    const concerned = [...new Set([...userIds, ...tasks.map((task) => task.userId)])];
    const people = await listMembers(manager, enterpriseId, concerned);
    const members = shiftMembers(people, shift, await listTeamTree(manager, enterpriseId));
    return measureChange(manager, enterpriseId, { tasks, members, closedIds, grantsAfter: (before) => before });
  }

  private async planSet(
    manager: EntityManager,
    person: PersonPrincipal,
    wanted: SetFolderGrant & { readonly nodeId: NodeId },
  ): Promise<Edit> {
    const { nodeId, to } = wanted;
    await this.grants.requireGrantable(manager, person, { nodeId, wanted });
    const list = await getNamedList(wanted, (listId) => findList(manager, person.enterpriseId, listId));
    const before = await findGiven(manager, person.enterpriseId, { nodeId, to });
    const axes = liveAt(mergeGrant(before, wanted, list), this.clock.now());
    const grantId = before?.grantId ?? (uuidv7() as GrantId);
    const made = axes && { ...axes, grantId, nodeId, toType: to.type, toId: to.id, subTeams: wanted.subTeams };
    return { nodeId, gone: before?.grantId, made };
  }

  private async planRemove(manager: EntityManager, person: PersonPrincipal, grantId: GrantId): Promise<Edit> {
    const nodeId = await findGrantNode(manager, person.enterpriseId, grantId);
    const mayKnow = nodeId && (await this.access.can(manager, person, { nodeId, atom: 'visible' }));
    if (!mayKnow) throw new AppError('NOT_FOUND', { what: 'right' });
    await this.access.requireGranter(manager, person, nodeId);
    return { nodeId, gone: grantId, made: undefined };
  }
}

async function listShifted(manager: EntityManager, enterpriseId: EnterpriseId, shift: PeopleShift): Promise<UserId[]> {
  if (shift.kind === 'users') return shift.users.map(({ userId }) => userId);
  return listPeopleBelow(manager, enterpriseId, shift.teamId);
}

/** Those of the users, and those of anybody in the spaces. */
async function listTasksOf(
  manager: EntityManager,
  enterpriseId: EnterpriseId,
  of: { readonly userIds: readonly UserId[]; readonly spaceIds: readonly SpaceId[] },
): Promise<SpaceTask[]> {
  const own = await listSpaceTasks(manager, enterpriseId, { userIds: of.userIds });
  if (of.spaceIds.length === 0) return own;
  const users = new Set<string>(of.userIds);
  const inside = await listSpaceTasks(manager, enterpriseId, { spaceIds: of.spaceIds });
  return [...own, ...inside.filter((task) => !users.has(task.userId))];
}

async function measureEdit({ manager, enterpriseId }: Asker, edit: Edit): Promise<RightsImpact> {
  const [folder] = (await findChains(manager, enterpriseId, [edit.nodeId])).filter((node) => node.id === edit.nodeId);
  if (!folder) throw new AppError('NODE_UNKNOWN');
  const tasks = await listSpaceTasks(manager, enterpriseId, { spaceIds: [folder.spaceId] });
  return measureGrants({ manager, enterpriseId }, tasks, (before) => [
    ...before.filter((grant) => grant.grantId !== edit.gone),
    ...(edit.made ? [edit.made] : []),
  ]);
}

/** People stay who they are. */
async function measureGrants(
  { manager, enterpriseId }: Asker,
  tasks: MeasuredChange['tasks'],
  grantsAfter: MeasuredChange['grantsAfter'],
): Promise<RightsImpact> {
  const userIds = [...new Set(tasks.map((task) => task.userId))];
  const people = await listMembers(manager, enterpriseId, userIds);
  const members = new Map(people.map((member) => [member.userId, member]));
  return measureChange(manager, enterpriseId, { tasks, members: { before: members, after: members }, grantsAfter });
}
