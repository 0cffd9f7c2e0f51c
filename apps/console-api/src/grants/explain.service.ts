import { Injectable } from '@nestjs/common';
import {
  AppError,
  Text,
  type DecidingGrant,
  type EnterpriseId,
  type FolderViewer,
  type GrantId,
  type NodeId,
  type RightsExplanation,
  type UserId,
} from '@tideline/contracts';
import { DataSource, type EntityManager } from 'typeorm';
import { z } from 'zod';
import { openPage, sealPage, type PageSeal } from '../drive/sealed-page.ts';
import type { MemberPrincipal, PersonPrincipal } from '../platform/principal.ts';
import { AccessService, toSubject, type Subject } from './access.service.ts';
import { findChains, findPageKey, findSpaces, type SpaceRow } from './access.store.ts';
import { explainJudgement, mainSource } from './explain.ts';
import { listFolderGrants, listGiven } from './folder-grant.store.ts';
import { chainFor, groupByFolder, type GrantsByFolder, type Member } from './given-grant.ts';
import { listCandidates, listMembers, type Candidates, type MemberPosition } from './member.store.ts';
import { parentsOf, pathUp } from './path-up.ts';
import { judge } from './rights.ts';

type ViewersPage = { readonly viewers: FolderViewer[]; readonly next: string | null };
type Folder = { readonly path: readonly NodeId[]; readonly space: SpaceRow; readonly grants: GrantsByFolder };

/** People looked at for one page of viewers: bounds the work where few of many may see a folder. */
const LOOK_AT = 5000;
const SLICE = 500;
const Position = z.tuple([Text.max(200), z.uuid()]);

/** Says why somebody has the rights they have, and who may see a folder. */
@Injectable()
export class ExplainService {
  constructor(
    private readonly dataSource: DataSource,
    private readonly access: AccessService,
  ) {}

  /** Everybody may ask for themselves; about others those who may give rights here. */
  async explain(principal: MemberPrincipal, nodeId: NodeId, userId: UserId | undefined): Promise<RightsExplanation> {
    const { manager } = this.dataSource;
    const { enterpriseId } = principal;
    const isOther = userId !== undefined && userId !== principal.userId;
    if (isOther) await this.access.requireGranter(manager, principal, nodeId);
    else await this.access.require(manager, principal, { nodeId, atom: 'visible' });
    const user = await getMember(manager, enterpriseId, userId ?? principal.userId);
    const subject: Subject = isOther
      ? { enterpriseId, userId: user.userId, readsPersonalSpace: true }
      : toSubject(principal);
    const judgement = await this.access.judge(manager, subject, nodeId);
    if (!judgement) throw new AppError('NODE_UNKNOWN');
    const isPassage =
      !judgement.rights.atoms.has('visible') && (await this.access.resolveFor(manager, subject, [nodeId])).size > 0;
    const reasons = explainJudgement(judgement, isPassage);
    const grantIds = [...reasons.atoms.flatMap((reason) => reason.grantIds), ...reasons.syncRight.grantIds];
    const grants = await this.describeGrants(manager, principal, [...new Set(grantIds)]);
    return { nodeId, user: { id: user.userId, name: user.name }, ...reasons, grants };
  }

  /** Page by page, by name. A page may be short while there are more: `next` says so, and may stand for somebody who is no viewer. */
  async listViewers(
    person: PersonPrincipal,
    nodeId: NodeId,
    query: { readonly after?: string | undefined; readonly limit: number },
  ): Promise<ViewersPage> {
    const { manager } = this.dataSource;
    await this.access.requireGranter(manager, person, nodeId);
    const folder = await loadFolder(manager, person.enterpriseId, nodeId);
    const seal = await sealFor(manager, person, folder);
    const of = candidatesOf(folder);
    const viewers: FolderViewer[] = [];
    let after = query.after === undefined ? undefined : openPosition(query.after, seal);
    for (let looked = 0; looked < LOOK_AT; looked += SLICE) {
      const members = await listCandidates(manager, person.enterpriseId, { of, after, limit: SLICE });
      for (const member of members) {
        const viewer = toViewer(folder, member);
        if (viewer) viewers.push(viewer);
        after = [member.name, member.userId];
        if (viewers.length >= query.limit) return { viewers, next: sealPage(after, seal) };
      }
      if (members.length < SLICE) return { viewers, next: null };
    }
    return { viewers, next: after ? sealPage(after, seal) : null };
  }

  private async describeGrants(
    manager: EntityManager,
    principal: MemberPrincipal,
    grantIds: readonly GrantId[],
  ): Promise<DecidingGrant[]> {
    const found = await listFolderGrants(manager, principal.enterpriseId, { grantIds });
    const seen = await this.access.resolve(
      manager,
      principal,
      found.map((grant) => grant.nodeId),
    );
    return found.map((grant) => ({
      grantId: grant.id,
      nodeId: grant.nodeId,
      // PE-5: to whom a folder of a personal space was given, the folders above it stay nameless
      folder: seen.has(grant.nodeId) ? (grant.path.split('/').at(-1) ?? '') || '/' : null,
      to: grant.to,
      role: grant.role,
      actionList: grant.actionList?.name ?? null,
      syncRight: grant.syncRight,
      expiresAt: grant.expiresAt,
      syncExpiresAt: grant.syncExpiresAt,
    }));
  }
}

async function getMember(manager: EntityManager, enterpriseId: EnterpriseId, userId: UserId): Promise<Member> {
  const [member] = await listMembers(manager, enterpriseId, [userId]);
  if (!member) throw new AppError('NOT_FOUND', { what: 'The user' });
  return member;
}

async function loadFolder(manager: EntityManager, enterpriseId: EnterpriseId, nodeId: NodeId): Promise<Folder> {
  const nodes = await findChains(manager, enterpriseId, [nodeId]);
  const [space] = await findSpaces(
    manager,
    enterpriseId,
    nodes.slice(0, 1).map((node) => node.spaceId),
  );
  if (!space) throw new AppError('NODE_UNKNOWN');
  const path = pathUp(parentsOf(nodes), nodeId);
  return { path, space, grants: groupByFolder(await listGiven(manager, enterpriseId, path)) };
}

/** Nobody else can see the folder, so nobody else is looked at. */
function candidatesOf({ space, grants }: Folder): Candidates {
  if (space.kind === 'enterprise') return 'everybody';
  const all = [...grants.values()].flat();
  const userIds = all.filter((grant) => grant.toType === 'user').map((grant) => grant.toId);
  const teamIds = all.filter((grant) => grant.toType === 'team').map((grant) => grant.toId);
  return {
    userIds: space.ownerUserId === null ? userIds : [...userIds, space.ownerUserId],
    teamIds: space.teamId === null ? teamIds : [...teamIds, space.teamId],
    admins: space.kind === 'team',
  };
}

function toViewer({ path, space, grants }: Folder, member: Member): FolderViewer | undefined {
  const judgement = judge(member, space, chainFor(member, path, grants));
  const { atoms, syncRight } = judgement.rights;
  if (!atoms.has('visible')) return undefined;
  const user = { id: member.userId, name: member.name, email: member.email };
  return { user, atoms: [...atoms], syncRight, source: mainSource(judgement) };
}

async function sealFor(manager: EntityManager, person: PersonPrincipal, { path, space }: Folder): Promise<PageSeal> {
  const key = await findPageKey(manager, person.enterpriseId, space.id);
  if (key === undefined) throw new AppError('NODE_UNKNOWN');
  return { key, of: ['viewers', path[0] ?? '', person.userId] };
}

function openPosition(text: string, seal: PageSeal): MemberPosition {
  const position = openPage(text, Position, seal);
  if (!position) throw new AppError('INVALID_INPUT', { reason: 'query.after: not a page of this list' });
  return position;
}
