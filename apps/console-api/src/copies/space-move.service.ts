import { Injectable } from '@nestjs/common';
import {
  AppError,
  MAX_SPACE_MOVE_NODES,
  type Atom,
  type DriveNode,
  type MoveToSpaceAnswer,
  type NodeId,
  type PlaceRequest,
  type SpaceId,
} from '@tideline/contracts';
import { DataSource, type EntityManager } from 'typeorm';
import type { z } from 'zod';
import { findAndLockSpace, type LockedSpace, type SpaceKey } from '../drive/batch.store.ts';
import { AccessService, toSubject, type NodeAccess } from '../grants/access.service.ts';
import type { MemberPrincipal } from '../platform/principal.ts';
import { SocketHub } from '../platform/socket-hub.ts';
import { inTransaction } from '../platform/transaction.ts';
import { NameGiver } from '../recycle-bin/name-giver.ts';
import { nodeOf } from './copy.store.ts';
import {
  loadTree,
  recordEntered,
  recordLeft,
  removeGrants,
  type MovedTree,
  type SpaceMove,
} from './space-move.store.ts';
import { getSource, getTarget, hasRoom } from './target.ts';

type Place = z.output<typeof PlaceRequest>;
type MovedToSpace = z.output<typeof MoveToSpaceAnswer>;
type Asked = { readonly nodeId: NodeId; readonly place: Place; readonly receiver?: Receiver } & Partial<Told>;
/** Whose right at the place is asked for instead of the caller's, and in which space it must be. */
type Receiver = { readonly principal: MemberPrincipal; readonly spaceId: SpaceId };
/** What else happens in the transaction that moves. */
type Told = { readonly whenMoved: (manager: EntityManager, node: DriveNode) => Promise<unknown> };
/** Taking a folder away from everybody there and reading it elsewhere needs the right to do both where it is. */
const NEEDED: readonly Atom[] = ['move', 'delete', 'copy', 'download'];

/**
 * Moves a node into another space with its id, its versions and all below it, in one transaction: it is in one space or in the
 * other, never in both or in none.
 */
@Injectable()
export class SpaceMoveService {
  constructor(
    private readonly dataSource: DataSource,
    private readonly access: AccessService,
    private readonly sockets: SocketHub,
  ) {}

  move(principal: MemberPrincipal, nodeId: NodeId, place: Place): Promise<MovedToSpace> {
    return this.#move(principal, { nodeId, place });
  }

  /** Into a folder of somebody else's: the caller's right is asked for at the source alone. */
  handOver(
    principal: MemberPrincipal,
    nodeId: NodeId,
    into: { readonly place: Place; readonly receiver: Receiver } & Told,
  ): Promise<MovedToSpace> {
    return this.#move(principal, { nodeId, ...into });
  }

  async #move(principal: MemberPrincipal, asked: Asked): Promise<MovedToSpace> {
    const { move, node, grantsEnded, isLimited } = await inTransaction(this.dataSource, (manager) =>
      this.#moveIn(manager, principal, asked),
    );
    const { from, to, tree } = move;
    this.sockets.nudgeSpace(from.enterpriseId, from.spaceId, from.seq + 1);
    this.sockets.nudgeSpace(to.enterpriseId, to.spaceId, node.seq + tree.ids.length - 1);
    if (isLimited && tree.bytes > 0) this.sockets.roomFreed(from.enterpriseId, from.spaceId);
    if (grantsEnded) this.sockets.rightsChanged(from.enterpriseId, from.spaceId);
    return { node, movedNodes: tree.ids.length, movedBytes: tree.bytes };
  }

  async #moveIn(manager: EntityManager, principal: MemberPrincipal, asked: Asked) {
    const { nodeId, place } = asked;
    const seen = await this.#look(manager, principal, asked);
    const spaces = await lockBoth(manager, seen.from, seen.to);
    const { from, source, to } = await this.#look(manager, principal, asked); // again: until now rights and trees could change
    if (from.spaceId !== seen.from.spaceId) throw new AppError('NODE_UNKNOWN');
    if (to.spaceId !== seen.to.spaceId) throw new AppError('PARENT_UNKNOWN');
    const tree = await loadTree(manager, from, { rootId: nodeId, limit: MAX_SPACE_MOVE_NODES + 1 });
    requireMovable(tree, spaces.to);
    const names = new NameGiver(manager, to);
    const wanted = { parentId: place.parentId, name: place.name ?? source.name, kind: source.kind };
    await names.look([wanted]);
    const move: SpaceMove = {
      from: { ...from, seq: spaces.from.seq },
      to: { ...to, seq: spaces.to.seq },
      tree,
      place: { parentId: place.parentId, name: names.give(wanted) },
    };
    await recordLeft(manager, move);
    await recordEntered(manager, move);
    const grantsEnded = await removeGrants(manager, move);
    const node = await nodeOf(manager, to, nodeId);
    if (!node) throw new Error('a node is gone inside its own transaction');
    await asked.whenMoved?.(manager, node);
    return { move, node, grantsEnded, isLimited: spaces.from.quotaBytes !== null };
  }

  /** What is moved, from where and to where, if all of it may be. */
  async #look(
    manager: EntityManager,
    principal: MemberPrincipal,
    { nodeId, place, receiver }: Asked,
  ): Promise<{ from: SpaceKey; source: DriveNode; to: SpaceKey }> {
    const { enterpriseId } = principal;
    const { spaceId } = await this.#requireAll(manager, principal, nodeId);
    const source = await getSource(manager, this.access, { principal, nodeId });
    const into = { principal: receiver?.principal ?? principal, parentId: place.parentId };
    const to = await getTarget(manager, this.access, into);
    if (receiver && to.spaceId !== receiver.spaceId) throw new AppError('PARENT_UNKNOWN');
    if (to.spaceId === spaceId) throw new AppError('INVALID_INPUT', { reason: 'parentId: is in the same space' });
    return { from: { enterpriseId, spaceId }, source, to };
  }

  /** On the node and on every folder below it where rights differ: nobody takes along what they may not read. */
  async #requireAll(manager: EntityManager, principal: MemberPrincipal, nodeId: NodeId): Promise<NodeAccess> {
    const access = await this.access.require(manager, principal, { nodeId, atom: 'move' });
    const isAllowed = NEEDED.every((atom) => access.atoms.has(atom));
    // Whoever received a share may work in it and even empty it into its owner's bin, but not take it away from its owner.
    const isForeign = access.spaceKind === 'personal' && access.ownerUserId !== principal.userId;
    if (!isAllowed || isForeign) throw new AppError('FORBIDDEN');
    // What waits in the bin goes along, too.
    const within = { spaceId: access.spaceId, atoms: NEEDED, throughBin: true };
    const barriers = await this.access.findBarriers(manager, toSubject(principal), within);
    const barrier = NEEDED.map((atom) => barriers.get(atom)?.get(nodeId)).find((id) => id !== undefined);
    if (barrier !== undefined) throw new AppError('SUBTREE_FORBIDDEN', {}, { details: { nodeId: barrier } });
    return access;
  }
}

/** Two spaces are always locked in the order of their ids. */
async function lockBoth(
  manager: EntityManager,
  from: SpaceKey,
  to: SpaceKey,
): Promise<{ from: LockedSpace; to: LockedSpace }> {
  const first = from.spaceId < to.spaceId ? from : to;
  const one = await findAndLockSpace(manager, first);
  const other = await findAndLockSpace(manager, first === from ? to : from);
  if (!one || !other) throw new AppError('PARENT_UNKNOWN');
  return first === from ? { from: one, to: other } : { from: other, to: one };
}

function requireMovable(tree: MovedTree, target: LockedSpace): void {
  if (tree.ids.length === 0) throw new AppError('NODE_UNKNOWN');
  if (tree.ids.length > MAX_SPACE_MOVE_NODES) throw new AppError('TREE_TOO_LARGE', { max: MAX_SPACE_MOVE_NODES });
  if (tree.hasPurged) throw new AppError('UNAVAILABLE');
  if (!hasRoom(target, tree.bytes)) throw new AppError('QUOTA_EXCEEDED');
}
