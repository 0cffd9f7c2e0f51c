import { Injectable } from '@nestjs/common';
import {
  AppError,
  type GrantId,
  type NodeId,
  type RightsChange,
  type RightsImpact,
  type SetFolderGrant,
} from '@tideline/contracts';
import { DataSource, type EntityManager } from 'typeorm';
import { v7 as uuidv7 } from 'uuid';
import { Clock } from '../platform/clock.ts';
import type { PersonPrincipal } from '../platform/principal.ts';
import { inTransaction } from '../platform/transaction.ts';
import { AccessService } from './access.service.ts';
import { findChains, findSpaces } from './access.store.ts';
import { pathUp } from './explain.service.ts';
import { findNamedList, FolderGrantService } from './folder-grant.service.ts';
import { findGiven, findGrantNode, listGiven } from './folder-grant.store.ts';
import { mergeGrant, type GivenGrant } from './given-grant.ts';
import { measureImpact } from './impact.ts';
import { listSpaceTasks } from './impact.store.ts';
import { listMembers } from './member.store.ts';

/** One change of what is on a folder: the grant it replaces or takes away, and what is there instead. */
type Edit = { readonly nodeId: NodeId; readonly gone: GrantId | undefined; readonly made: GivenGrant | undefined };

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
    return inTransaction(
      this.dataSource,
      async (manager) => {
        const edit =
          change.change === 'set'
            ? await this.planSet(manager, person, change)
            : await this.planRemove(manager, person, change.grantId);
        return this.measure(manager, person, edit);
      },
      { isolation: 'REPEATABLE READ' },
    );
  }

  private async planSet(
    manager: EntityManager,
    person: PersonPrincipal,
    wanted: SetFolderGrant & { readonly nodeId: NodeId },
  ): Promise<Edit> {
    const { nodeId, to } = wanted;
    await this.grants.requireGrantable(manager, person, { nodeId, wanted });
    const list = await findNamedList(manager, person, wanted);
    const before = await findGiven(manager, person.enterpriseId, { nodeId, to });
    const axes = mergeGrant(before, wanted, list);
    const grantId = before?.grantId ?? (uuidv7() as GrantId);
    const made = { ...axes, grantId, nodeId, toType: to.type, toId: to.id, subTeams: wanted.subTeams };
    const isOver = wanted.expiresAt !== null && new Date(wanted.expiresAt) <= this.clock.now();
    return { nodeId, gone: before?.grantId, made: isOver ? undefined : made };
  }

  private async planRemove(manager: EntityManager, person: PersonPrincipal, grantId: GrantId): Promise<Edit> {
    const nodeId = await findGrantNode(manager, person.enterpriseId, grantId);
    const mayKnow = nodeId && (await this.access.can(manager, person, { nodeId, atom: 'visible' }));
    if (!mayKnow) throw new AppError('NOT_FOUND', { what: 'right' });
    await this.access.requireGranter(manager, person, nodeId);
    return { nodeId, gone: grantId, made: undefined };
  }

  private async measure(manager: EntityManager, person: PersonPrincipal, edit: Edit): Promise<RightsImpact> {
    const { enterpriseId } = person;
    const [folder] = (await findChains(manager, enterpriseId, [edit.nodeId])).filter((node) => node.id === edit.nodeId);
    const [space] = folder ? await findSpaces(manager, enterpriseId, [folder.spaceId]) : [];
    if (!space) throw new AppError('NODE_UNKNOWN');
    const tasks = await listSpaceTasks(manager, enterpriseId, space.id);
    const nodeIds = [...new Set([edit.nodeId, ...tasks.map((task) => task.rootId)])];
    const nodes = await findChains(manager, enterpriseId, nodeIds);
    const before = await listGiven(
      manager,
      enterpriseId,
      nodes.map((node) => node.id),
    );
    const members = await listMembers(manager, enterpriseId, [...new Set(tasks.map((task) => task.userId))]);
    const paths = new Map(nodeIds.map((id) => [id, pathUp(nodes, id)]));
    return measureImpact({
      space,
      folderId: edit.nodeId,
      tasks,
      members: new Map(members.map((member) => [member.userId, member])),
      before,
      after: [...before.filter((grant) => grant.grantId !== edit.gone), ...(edit.made ? [edit.made] : [])],
      pathOf: (nodeId) => paths.get(nodeId) ?? [],
    });
  }
}
