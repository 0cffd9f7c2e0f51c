import { Injectable } from '@nestjs/common';
import {
  AppError,
  type Atom,
  type EnterpriseId,
  type NodeId,
  type ReceivedShare,
  type SpaceId,
  type SpaceKind,
  type UserId,
} from '@tideline/contracts';
import type { EntityManager } from 'typeorm';
import { inOrder } from '../platform/hot-transaction.ts';
import type { MemberPrincipal } from '../platform/principal.ts';
import {
  findChains,
  findMembership,
  findPassages,
  findSpaces,
  isTeamBelowOwn,
  listShareNames,
  listSpaces,
  listStatements,
  type SpaceRow,
} from './access.store.ts';
import { AccessTree, type Caller, type Found } from './access-tree.ts';
import { NO_BARRIERS, type Barriers } from './barriers.ts';
import { BoundaryCache } from './boundary-cache.ts';
import { parentsOf, pathUp } from './path-up.ts';
import { findShareRoots, withCloudPaths, type ShareRoot } from './received-shares.ts';
import { decideRights, PASSAGE, type Judgement, type Rights } from './rights.ts';
import { SpaceParts } from './space-parts.ts';

export type NodeAccess = Rights & {
  readonly spaceId: SpaceId;
  readonly spaceKind: SpaceKind;
  readonly ownerUserId: UserId | null;
  readonly isFolder: boolean;
};
export type Boundary = Rights & { readonly nodeId: NodeId };
/** What every change of rights (also an end that has come) and every change of a space's tree raises. */
export type SpaceRevision = { readonly capsRev: number; readonly seq: number };
/** Whose rights are asked: the caller of a route, or somebody whose rights are looked into. */
export type Subject = {
  readonly enterpriseId: EnterpriseId;
  readonly userId: UserId;
  readonly readsPersonalSpace: boolean;
};

const NONE: Set<string> = new Set();
const WRITING: readonly Atom[] = ['create', 'update', 'move', 'delete'];

/** Decides every call of the drive: who may do what on which node (PE-2). Only visible nodes are in the answers. */
@Injectable()
export class AccessService {
  readonly #boundaries = new BoundaryCache();

  /** The one question; `resolve` asks it for many nodes at once. */
  async can(
    manager: EntityManager,
    principal: MemberPrincipal,
    need: { readonly nodeId: NodeId; readonly atom: Atom },
  ): Promise<boolean> {
    const access = (await this.resolve(manager, principal, [need.nodeId])).get(need.nodeId);
    return access?.atoms.has(need.atom) ?? false;
  }

  /** Rights on the asked nodes. Absent: not there, given up, of another enterprise, or not visible; callers must not tell which. */
  async resolve(
    manager: EntityManager,
    principal: MemberPrincipal,
    nodeIds: readonly string[],
  ): Promise<Map<NodeId, NodeAccess>> {
    return this.resolveFor(manager, toSubject(principal), nodeIds);
  }

  async resolveFor(
    manager: EntityManager,
    subject: Subject,
    nodeIds: readonly string[],
  ): Promise<Map<NodeId, NodeAccess>> {
    const [access = new Map<NodeId, NodeAccess>()] = await this.resolveAll(manager, [{ subject, nodeIds }]);
    return access;
  }

  /** For several subjects of one enterprise, in their order: nodes and spaces are looked up once for all of them. */
  async resolveAll(
    manager: EntityManager,
    asked: readonly { readonly subject: Subject; readonly nodeIds: readonly string[] }[],
  ): Promise<Map<NodeId, NodeAccess>[]> {
    const [first] = asked;
    if (!first) return [];
    const { enterpriseId } = first.subject;
    const ids = [...new Set(asked.flatMap((each) => each.nodeIds))];
    const [chains, known] = await inOrder(manager, [
      () => findChains(manager, enterpriseId, ids),
      () => this.#withCallers(manager, asked),
    ]);
    if (chains.length === 0) return asked.map(() => new Map<NodeId, NodeAccess>());
    const spaces = await findSpaces(manager, enterpriseId, distinct(chains, 'spaceId'));
    const answers: Map<NodeId, NodeAccess>[] = [];
    for (const { subject, nodeIds, caller } of known) {
      const tree = await this.#loadTree(manager, subject, { caller, chains, spaces });
      const closed = nodeIds.filter((id) => !tree.rightsOf(id as NodeId)?.atoms.has('visible'));
      const passages = await this.#findPassages(manager, subject, { tree, closed });
      answers.push(collectAccess(nodeIds, tree, passages));
    }
    return answers;
  }

  /** Throws NODE_UNKNOWN when the node is not visible and FORBIDDEN when the atom is missing. */
  async require(
    manager: EntityManager,
    principal: MemberPrincipal,
    need: { readonly nodeId: NodeId; readonly atom: Atom },
  ): Promise<NodeAccess> {
    const access = (await this.resolve(manager, principal, [need.nodeId])).get(need.nodeId);
    if (!access) throw new AppError('NODE_UNKNOWN');
    if (!access.atoms.has(need.atom)) throw new AppError('FORBIDDEN');
    return access;
  }

  /**
   * For whoever gives rights on a folder: the owner of a personal space alone (PE-5); elsewhere drive admins, holders of a granting
   * role, and the team admins of the team and those above it. Throws NODE_UNKNOWN when the node is not visible, else FORBIDDEN.
   */
  async requireGranter(manager: EntityManager, principal: MemberPrincipal, nodeId: NodeId): Promise<NodeAccess> {
    const access = await this.require(manager, principal, { nodeId, atom: 'visible' });
    if (access.mayGrant || (await this.#leads(manager, principal, access.spaceId))) return access;
    throw new AppError('FORBIDDEN');
  }

  /** The decision about one node with its reasons; `undefined` when the node is not there. */
  async judge(manager: EntityManager, subject: Subject, nodeId: NodeId): Promise<Judgement | undefined> {
    return (await this.#findTree(manager, subject, [nodeId]))?.judgementOf(nodeId);
  }

  /** Whether the node or a folder above it is in the recycle bin. */
  async isTrashed(manager: EntityManager, principal: MemberPrincipal, nodeId: NodeId): Promise<boolean> {
    return (await this.findTrashed(manager, principal, [nodeId])).has(nodeId);
  }

  /** Those that are in the recycle bin themselves or in a folder that is. */
  async findTrashed(
    manager: EntityManager,
    principal: MemberPrincipal,
    nodeIds: readonly NodeId[],
  ): Promise<Set<NodeId>> {
    const chains = await findChains(manager, principal.enterpriseId, nodeIds);
    const parents = parentsOf(chains);
    const trashed = new Set(chains.flatMap((node) => (node.trashed ? node.id : [])));
    return new Set(nodeIds.filter((nodeId) => pathUp(parents, nodeId).some((id) => trashed.has(id))));
  }

  /**
   * Folders below `rootId` where a grant changes the caller's rights; the root is not among them. With the revision of the root's
   * space, read in the same transaction, an answer that was given before is given again.
   */
  async listBoundaries(
    manager: EntityManager,
    principal: MemberPrincipal,
    rootId: NodeId,
    revision?: SpaceRevision,
  ): Promise<readonly Boundary[]> {
    const spaceIds = distinct(await findChains(manager, principal.enterpriseId, [rootId]), 'spaceId');
    const spaces = await findSpaces(manager, principal.enterpriseId, spaceIds);
    const caller = await this.#findCaller(manager, toSubject(principal));
    if (spaces.every((space) => space.ownerUserId === caller.userId)) return [];
    if (!revision) return this.#decideBoundaries(manager, principal, { caller, spaces, rootId });
    const { ownTeamIds: _, ...facts } = caller; // they are the teams at distance 0
    const key = [principal.enterpriseId, caller.userId, caller.readsPersonalSpace, rootId].join();
    const follows = JSON.stringify([revision.capsRev, revision.seq, facts, spaces]);
    const kept = this.#boundaries.find(key, follows);
    if (kept) return kept;
    const boundaries = await this.#decideBoundaries(manager, principal, { caller, spaces, rootId });
    this.#boundaries.keep(key, follows, boundaries);
    return boundaries;
  }

  async #decideBoundaries(
    manager: EntityManager,
    { enterpriseId }: MemberPrincipal,
    { caller, spaces, rootId }: { readonly caller: Caller; readonly spaces: SpaceRow[]; readonly rootId: NodeId },
  ): Promise<Boundary[]> {
    const spaceIds = distinct(spaces, 'id');
    const statements = await listStatements(manager, enterpriseId, caller, { spaceIds });
    const nodeIds = distinct(statements, 'nodeId');
    const chains = await findChains(manager, enterpriseId, nodeIds);
    const tree = new AccessTree(caller, { chains, spaces }, statements);
    const below = nodeIds.filter((id) => tree.isLiveBelow(id, rootId));
    return below.map((nodeId) => ({ nodeId, ...(tree.rightsOf(nodeId) ?? PASSAGE) }));
  }

  /** What in folders of a space the subject may not do the same with as with the folder itself: rights are narrower there. */
  async findBarriers(
    manager: EntityManager,
    subject: Subject,
    within: { readonly spaceId: SpaceId; readonly atoms: readonly Atom[]; readonly throughBin: boolean },
  ): Promise<Barriers> {
    const parts = await this.findParts(manager, subject, within.spaceId);
    return parts?.barriersTo(within.atoms, within) ?? NO_BARRIERS;
  }

  /** `undefined` where the subject may do the same in all of the space. */
  async findParts(manager: EntityManager, subject: Subject, spaceId: SpaceId): Promise<SpaceParts | undefined> {
    const { enterpriseId } = subject;
    const spaces = await findSpaces(manager, enterpriseId, [spaceId]);
    const [space] = spaces;
    if (!space || space.ownerUserId === subject.userId) return undefined;
    const caller = await this.#findCaller(manager, subject);
    const statements = await listStatements(manager, enterpriseId, caller, { spaceIds: [spaceId] });
    const nodeIds = distinct(statements, 'nodeId').filter((id) => id !== space.rootId); // nothing is above a root
    if (nodeIds.length === 0) return undefined;
    const chains = await findChains(manager, enterpriseId, nodeIds);
    return new SpaceParts(new AccessTree(caller, { chains, spaces }, statements), space, nodeIds);
  }

  /**
   * Bytes are taken only from callers who may write something in the space. Throws FORBIDDEN, or SPACE_UNKNOWN when the caller
   * sees nothing of the space.
   */
  async requireWriter(manager: EntityManager, principal: MemberPrincipal, spaceId: SpaceId): Promise<void> {
    if (await this.#mayWriteIn(manager, principal, spaceId)) return;
    const seen = await this.listWatchableSpaces(manager, principal);
    throw seen.includes(spaceId) ? new AppError('FORBIDDEN') : new AppError('SPACE_UNKNOWN', { space: spaceId });
  }

  /** Throws SPACE_UNKNOWN unless the caller sees something of the space. */
  async requireWatchable(manager: EntityManager, principal: MemberPrincipal, spaceId: SpaceId): Promise<void> {
    const seen = await this.listWatchableSpaces(manager, principal);
    if (!seen.includes(spaceId)) throw new AppError('SPACE_UNKNOWN', { space: spaceId });
  }

  /** Spaces of which the caller sees the root. */
  async listVisibleSpaces(manager: EntityManager, principal: MemberPrincipal): Promise<SpaceId[]> {
    const spaces = await listSpaces(manager, principal.enterpriseId, principal.userId);
    const roots = spaces.map((space) => space.rootId);
    const access = await this.resolve(manager, principal, roots);
    return spaces.filter((space) => access.has(space.rootId)).map((space) => space.id);
  }

  /** Spaces of which the caller sees something, be it a received share only. */
  async listWatchableSpaces(manager: EntityManager, principal: MemberPrincipal): Promise<SpaceId[]> {
    const visible = await this.listVisibleSpaces(manager, principal);
    const shares = await this.#findShareRoots(manager, principal);
    return [...new Set([...visible, ...shares.map((share) => share.spaceId)])];
  }

  async listReceivedShares(manager: EntityManager, principal: MemberPrincipal): Promise<ReceivedShare[]> {
    const roots = await this.#findShareRoots(manager, principal);
    const names = await listShareNames(manager, principal.enterpriseId, distinct(roots, 'nodeId'));
    const named = roots.map((root) => ({ ...root, name: '', from: '', ...names.get(root.nodeId) }));
    return withCloudPaths(named).toSorted((one, other) => (one.name < other.name ? -1 : 1));
  }

  async #findShareRoots(manager: EntityManager, principal: MemberPrincipal): Promise<ShareRoot[]> {
    const { enterpriseId } = principal;
    const caller = await this.#findCaller(manager, toSubject(principal));
    const statements = await listStatements(manager, enterpriseId, caller, 'everywhere');
    const chains = await findChains(manager, enterpriseId, distinct(statements, 'nodeId'));
    const spaces = await findSpaces(manager, enterpriseId, distinct(chains, 'spaceId'));
    return findShareRoots(new AccessTree(caller, { chains, spaces }, statements), statements);
  }

  async #mayWriteIn(manager: EntityManager, principal: MemberPrincipal, spaceId: SpaceId): Promise<boolean> {
    const { enterpriseId } = principal;
    const [[space], caller] = await inOrder(manager, [
      () => findSpaces(manager, enterpriseId, [spaceId]),
      () => this.#findCaller(manager, toSubject(principal)),
    ]);
    if (!space) return false;
    if (canWrite(decideRights(caller, space, []))) return true;
    const statements = await listStatements(manager, enterpriseId, caller, { spaceIds: [spaceId] });
    return statements.some((statement) => canWrite(decideRights(caller, space, [[statement]])));
  }

  async #leads(manager: EntityManager, principal: MemberPrincipal, spaceId: SpaceId): Promise<boolean> {
    if (principal.kind !== 'person' || principal.role !== 'team_admin') return false;
    const [space] = await findSpaces(manager, principal.enterpriseId, [spaceId]);
    return space?.teamId ? isTeamBelowOwn(manager, principal, space.teamId) : false;
  }

  async #findTree(
    manager: EntityManager,
    subject: Subject,
    nodeIds: readonly string[],
  ): Promise<AccessTree | undefined> {
    const chains = await findChains(manager, subject.enterpriseId, nodeIds);
    if (chains.length === 0) return undefined;
    const spaces = await findSpaces(manager, subject.enterpriseId, distinct(chains, 'spaceId'));
    const caller = await this.#findCaller(manager, subject);
    return this.#loadTree(manager, subject, { caller, chains, spaces });
  }

  async #loadTree(
    manager: EntityManager,
    subject: Subject,
    { caller, ...found }: Found & { readonly caller: Caller },
  ): Promise<AccessTree> {
    // In one's own personal space no grant can say anything: the commonest case costs no look-up.
    const isAllOwn = found.spaces.every((space) => space.ownerUserId === subject.userId);
    if (isAllOwn) return new AccessTree(caller, found, []);
    const nodeIds = distinct(found.chains, 'id');
    const statements = await listStatements(manager, subject.enterpriseId, caller, { nodeIds });
    return new AccessTree(caller, found, statements);
  }

  /**
   * Ancestors of the folders that a grant opens to the caller, so that paths to them can be walked. Never in personal spaces:
   * the names above a shared folder are its owner's own (PE-5).
   */
  async #findPassages(
    manager: EntityManager,
    subject: Subject,
    { tree, closed }: { readonly tree: AccessTree; readonly closed: readonly string[] },
  ): Promise<Set<string>> {
    const spaceIds = tree.spaces.filter(({ kind, isKept }) => kind !== 'personal' && !isKept).map((space) => space.id);
    if (spaceIds.length === 0 || closed.length === 0) return NONE;
    return findPassages(manager, subject.enterpriseId, tree.caller, { spaceIds, closedIds: closed });
  }

  #withCallers<Asked extends { readonly subject: Subject }>(manager: EntityManager, asked: readonly Asked[]) {
    const find = async (each: Asked) => ({ ...each, caller: await this.#findCaller(manager, each.subject) });
    return inOrder(
      manager,
      asked.map((each) => () => find(each)),
    );
  }

  async #findCaller(manager: EntityManager, subject: Subject): Promise<Caller> {
    const { enterpriseId, userId, readsPersonalSpace } = subject;
    const found = await findMembership(manager, enterpriseId, userId);
    const teams = found?.teams ?? [];
    const ownTeamIds = new Set(teams.filter((team) => team.distance === 0).map((team) => team.id));
    return { userId, teams, role: found?.role ?? 'user', readsPersonalSpace, ownTeamIds };
  }
}

export function toSubject(principal: MemberPrincipal): Subject {
  const { enterpriseId, userId } = principal;
  return { enterpriseId, userId, readsPersonalSpace: principal.kind === 'person' || principal.readsPersonalSpace };
}

function collectAccess(
  nodeIds: readonly string[],
  tree: AccessTree,
  passages: ReadonlySet<string>,
): Map<NodeId, NodeAccess> {
  const access = new Map<NodeId, NodeAccess>();
  for (const id of nodeIds as readonly NodeId[]) {
    const space = tree.spaceOf(id);
    const rights = tree.rightsOf(id);
    if (!space || !rights || tree.isPurged(id)) continue;
    const seen = rights.atoms.has('visible') ? rights : passages.has(id) ? PASSAGE : undefined;
    const of = { spaceId: space.id, spaceKind: space.kind, ownerUserId: space.ownerUserId };
    if (seen) access.set(id, { ...seen, ...of, isFolder: tree.isFolder(id) });
  }
  return access;
}

function canWrite(rights: Rights): boolean {
  return WRITING.some((atom) => rights.atoms.has(atom));
}

function distinct<Row, Key extends keyof Row>(rows: readonly Row[], key: Key): Row[Key][] {
  return [...new Set(rows.map((row) => row[key]))];
}
