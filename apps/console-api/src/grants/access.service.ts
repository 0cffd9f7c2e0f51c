import { Injectable } from '@nestjs/common';
import { AppError, type Atom, type NodeId, type SpaceId, type SpaceKind, type UserId } from '@tideline/contracts';
import type { EntityManager } from 'typeorm';
import type { MemberPrincipal } from '../platform/principal.ts';
import { findChains, findMembership, findSpaces, listSpaces, listStatements } from './access.store.ts';
import { AccessTree, type Caller, type Found } from './access-tree.ts';
import { decideRights, givesSomething, PASSAGE, type Rights } from './rights.ts';

export type NodeAccess = Rights & {
  readonly spaceId: SpaceId;
  readonly spaceKind: SpaceKind;
  readonly ownerUserId: UserId | null;
};
export type Boundary = Rights & { readonly nodeId: NodeId };

const NONE: Set<string> = new Set();
const WRITING: readonly Atom[] = ['create', 'update', 'move', 'delete'];

/** Decides every call of the drive: who may do what on which node (PE-2). Only visible nodes are in the answers. */
@Injectable()
export class AccessService {
  /** Rights on the asked nodes. Absent: not there, of another enterprise, or not visible; callers must not tell which. */
  async resolve(
    manager: EntityManager,
    principal: MemberPrincipal,
    nodeIds: readonly string[],
  ): Promise<Map<NodeId, NodeAccess>> {
    const chains = await findChains(manager, principal.enterpriseId, nodeIds);
    if (chains.length === 0) return new Map();
    const spaces = await findSpaces(manager, principal.enterpriseId, distinct(chains, 'spaceId'));
    const tree = await this.#loadTree(manager, principal, { chains, spaces });
    const closed = nodeIds.filter((id) => !tree.rightsOf(id as NodeId)?.atoms.has('visible'));
    const passages = closed.length === 0 ? NONE : await this.#findPassages(manager, principal, tree);
    return collectAccess(nodeIds, tree, passages);
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

  /** Whether the node or a folder above it is in the recycle bin. */
  async isTrashed(manager: EntityManager, principal: MemberPrincipal, nodeId: NodeId): Promise<boolean> {
    const chain = await findChains(manager, principal.enterpriseId, [nodeId]);
    return chain.some((node) => node.trashed);
  }

  /** Folders below `rootId` where a grant changes the caller's rights; the root is not among them. */
  async listBoundaries(manager: EntityManager, principal: MemberPrincipal, rootId: NodeId): Promise<Boundary[]> {
    const spaceIds = distinct(await findChains(manager, principal.enterpriseId, [rootId]), 'spaceId');
    const caller = await this.#findCaller(manager, principal);
    const statements = await listStatements(manager, principal.enterpriseId, caller, { spaceIds });
    const chains = await findChains(manager, principal.enterpriseId, distinct(statements, 'nodeId'));
    const spaces = await findSpaces(manager, principal.enterpriseId, spaceIds);
    const tree = new AccessTree(caller, { chains, spaces }, statements);
    const below = distinct(statements, 'nodeId').filter((id) => id !== rootId && tree.isLiveBelow(id, rootId));
    return below.map((nodeId) => ({ nodeId, ...(tree.rightsOf(nodeId) ?? PASSAGE) }));
  }

  /**
   * Bytes are taken only from callers who may write something in the space. Throws FORBIDDEN, or SPACE_UNKNOWN when the caller
   * does not see the space.
   */
  async requireWriter(manager: EntityManager, principal: MemberPrincipal, spaceId: SpaceId): Promise<void> {
    if (await this.#mayWriteIn(manager, principal, spaceId)) return;
    const seen = await this.listVisibleSpaces(manager, principal);
    throw seen.includes(spaceId) ? new AppError('FORBIDDEN') : new AppError('SPACE_UNKNOWN', { space: spaceId });
  }

  /** Spaces of which the caller sees the root. */
  async listVisibleSpaces(manager: EntityManager, principal: MemberPrincipal): Promise<SpaceId[]> {
    const spaces = await listSpaces(manager, principal.enterpriseId, principal.userId);
    const roots = spaces.map((space) => space.rootId);
    const access = await this.resolve(manager, principal, roots);
    return spaces.filter((space) => access.has(space.rootId)).map((space) => space.id);
  }

  async #mayWriteIn(manager: EntityManager, principal: MemberPrincipal, spaceId: SpaceId): Promise<boolean> {
    const { enterpriseId } = principal;
    const [space] = await findSpaces(manager, enterpriseId, [spaceId]);
    if (!space) return false;
    const caller = await this.#findCaller(manager, principal);
    const statements = await listStatements(manager, enterpriseId, caller, { spaceIds: [spaceId] });
    const alone = [[], ...statements.map((statement) => [statement])];
    return alone.some((chain) => canWrite(decideRights(caller, space, [chain])));
  }

  async #loadTree(manager: EntityManager, principal: MemberPrincipal, found: Found): Promise<AccessTree> {
    const caller = await this.#findCaller(manager, principal);
    const isShared = found.spaces.some((space) => space.kind !== 'personal');
    if (!isShared) return new AccessTree(caller, found, []);
    const nodeIds = distinct(found.chains, 'id');
    const statements = await listStatements(manager, principal.enterpriseId, caller, { nodeIds });
    return new AccessTree(caller, found, statements);
  }

  /** Ancestors of the folders that a grant opens to the caller, so that paths to them can be walked. */
  async #findPassages(manager: EntityManager, principal: MemberPrincipal, tree: AccessTree): Promise<Set<string>> {
    const spaceIds = tree.spaces.filter((space) => space.kind !== 'personal').map((space) => space.id);
    if (spaceIds.length === 0) return NONE;
    const { caller } = tree;
    const statements = await listStatements(manager, principal.enterpriseId, caller, { spaceIds });
    const opened = distinct(statements.filter(givesSomething), 'nodeId');
    const ancestors = await findChains(manager, principal.enterpriseId, opened);
    return new Set(ancestors.map((node) => node.id));
  }

  async #findCaller(manager: EntityManager, principal: MemberPrincipal): Promise<Caller> {
    const found = await findMembership(manager, principal.enterpriseId, principal.userId);
    const teams = found?.teams ?? [];
    return {
      userId: principal.userId,
      teams,
      role: found?.role ?? 'user',
      readsPersonalSpace: principal.kind === 'person' || principal.readsPersonalSpace,
      ownTeamIds: new Set(teams.filter((team) => team.distance === 0).map((team) => team.id)),
    };
  }
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
    if (!space || !rights) continue;
    const seen = rights.atoms.has('visible') ? rights : passages.has(id) ? PASSAGE : undefined;
    if (seen) access.set(id, { ...seen, spaceId: space.id, spaceKind: space.kind, ownerUserId: space.ownerUserId });
  }
  return access;
}

function canWrite(rights: Rights): boolean {
  return WRITING.some((atom) => rights.atoms.has(atom));
}

function distinct<Row, Key extends keyof Row>(rows: readonly Row[], key: Key): Row[Key][] {
  return [...new Set(rows.map((row) => row[key]))];
}
