import { Injectable } from '@nestjs/common';
import { AppError, type DriveNode, type NodeId, type VersionId } from '@tideline/contracts';
import type { EntityManager } from 'typeorm';
import { v7 as uuidv7 } from 'uuid';
import { insertManifests, recordUploads, type Upload } from '../blobs/chunk.store.ts';
import { PackService, type ReceivedPack } from '../blobs/pack.service.ts';
import { AccessService, toSubject, type NodeAccess } from '../grants/access.service.ts';
import { stillHolds } from '../grants/parts-revision.ts';
import { Clock } from '../platform/clock.ts';
import { inOrder } from '../platform/hot-transaction.ts';
import { reservationsOf } from '../quota/reservation-id.ts';
import { listReserved, removeReservations } from '../quota/reservation.store.ts';
import { authorOf } from './author.ts';
import { findOccupants, mentionedNodes, toContentId, type Batch, type Committed, type Group } from './batch.ts';
import { findAndLockSpace, listAnswers, loadBatchNodes, type LockedSpace, type SpaceKey } from './batch.store.ts';
import { changedOutcomes, decideGroup, type GroupBatch, type GroupDecision, type GroupInput } from './decide-group.ts';
import { loadRestorePaths } from './restore-path.store.ts';
import { listGuards } from './subtree-guards.ts';
import { listChangedSubtrees } from './subtree-guards.store.ts';
import { lookBelow, NOTHING_BELOW, type Below, type SubtreeLook } from './subtree-rights.ts';
import { UsableChunks } from './usable-chunks.service.ts';
import { writeBatches } from './write-batches.store.ts';

type SettledBatch = GroupBatch & { readonly pack: ReceivedPack } & Pick<Below, 'toldIds'>;
type Settled = { readonly batches: readonly SettledBatch[]; readonly look: SubtreeLook };
type KnownRights = ReadonlyMap<string, NodeAccess>;

/** The one transaction of a group: batches of one space that wait for its lock together. */
@Injectable()
export class GroupCommit {
  constructor(
    private readonly packs: PackService,
    private readonly access: AccessService,
    private readonly usable: UsableChunks,
    private readonly clock: Clock,
  ) {}

  /** Rights, hashes and bytes are settled before the space is locked; nothing slow happens after. One answer per batch. */
  async commitIn(manager: EntityManager, group: Group): Promise<Committed[]> {
    const [{ principal, spaceId }] = group;
    const key = { enterpriseId: principal.enterpriseId, spaceId };
    const settled = await this.#settle(manager, group);
    const input = await this.#loadUnderLock(manager, group, settled);
    const decisions = decideGroup(input);
    await writeBatches(manager, key, decisions.map(toWritten));
    await recordUploads(manager, key.enterpriseId, decisions.map(toUpload));
    const usedUp = decisions.flatMap((decision) => decision.usedUp);
    await removeReservations(manager, key, usedUp);
    return decisions.map((decision) => toCommitted(decision, input.space.epoch));
  }

  async #settle(manager: EntityManager, group: Group): Promise<Settled> {
    const { enterpriseId } = group[0].principal;
    const packs = group.map(({ pack }) => pack);
    await this.packs.record(manager, enterpriseId, packs);
    const rights = await this.#findRights(manager, group, mentionedBy);
    const unusable = await this.usable.findUnusable(manager, group);
    const look = await lookBelow(manager, this.access, group, rights);
    const batches = group.map(({ principal, request, pack }, index) => ({
      ops: request.ops,
      atomic: request.atomic,
      author: authorOf(principal, request.origin ?? 'sync'),
      rights: rights[index] ?? NO_RIGHTS,
      ...(look.below[index] ?? NOTHING_BELOW),
      unusable: unusable[index] ?? new Map(),
      pack,
    }));
    await insertManifests(manager, enterpriseId, manifestRows(batches));
    return { batches, look };
  }

  /** Devices of one person see the same and are asked for once. */
  async #findRights(
    manager: EntityManager,
    group: Group,
    nodesOf: (batches: readonly Batch[]) => readonly string[],
  ): Promise<KnownRights[]> {
    const bySubject = Map.groupBy(group, subjectName);
    const asked = [...bySubject.values()].map((batches) => ({
      subject: toSubject((batches[0] ?? group[0]).principal),
      nodeIds: nodesOf(batches),
    }));
    const found = await this.access.resolveAll(manager, asked);
    const byName = new Map([...bySubject.keys()].map((name, index) => [name, found[index]]));
    return group.map((batch) => byName.get(subjectName(batch)) ?? NO_RIGHTS);
  }

  async #loadUnderLock(manager: EntityManager, group: Group, settled: Settled): Promise<GroupInput<SettledBatch>> {
    const [{ principal, spaceId }] = group;
    const key = { enterpriseId: principal.enterpriseId, spaceId };
    const ops = settled.batches.flatMap((batch) => batch.ops);
    const [space, answered, nodes] = await inOrder(manager, [
      () => findAndLockSpace(manager, key),
      () => listAnswers(manager, key.enterpriseId, settled.batches.map(toAsked)),
      () => loadBatchNodes(manager, key, { ops, toldIds: listTold(settled.batches) }),
    ]);
    if (!space) throw new AppError('SPACE_UNKNOWN', { space: spaceId });
    const { revision } = settled.look;
    const isStale = revision !== undefined && !stillHolds(revision, space);
    const { batches, found } = isStale ? await this.#lookAgain(manager, group, settled) : { ...settled, found: nodes };
    const { lostPaths, occupants } = await loadRestorePaths(manager, key, { ops, ...found });
    const unknown = findOccupants(ops, found.nodes).filter(({ id }) => batches.some(({ rights }) => !rights.has(id)));
    const guards = listGuards(batches, found.nodes);
    const changed = await listChangedSubtrees(manager, key, { guards: guards.asked, spaceSeq: space.seq });
    const inTheWay = await this.#rightsOn(manager, group, [...occupants, ...unknown]);
    return {
      batches: batches.map((batch, index) => withRights(batch, inTheWay[index] ?? NO_RIGHTS)),
      space,
      answered,
      found: { ...found, nodes: [...found.nodes, ...occupants] },
      lostPaths,
      changedSubtrees: new Set([...changed, ...guards.unasked]),
      reserved: await findReserved(manager, key, { space, batches }),
      now: this.clock.now().toISOString(),
      newVersionId: () => uuidv7() as VersionId,
      newNodeId: () => uuidv7() as NodeId,
      contentIdOf: toContentId,
    };
  }

  /** Rare: rights or the tree have changed between the look and the lock, and folders are taken out of their places. */
  async #lookAgain(manager: EntityManager, group: Group, settled: Settled) {
    const [{ principal, spaceId }] = group;
    const rights = await this.#findRights(manager, group, mentionedBy);
    const look = await lookBelow(manager, this.access, group, rights);
    const batches = settled.batches.map((batch, index) => ({
      ...batch,
      rights: rights[index] ?? NO_RIGHTS,
      ...(look.below[index] ?? NOTHING_BELOW),
    }));
    const asked = { ops: batches.flatMap(({ ops }) => ops), toldIds: listTold(batches) };
    return { batches, found: await loadBatchNodes(manager, { enterpriseId: principal.enterpriseId, spaceId }, asked) };
  }

  /** Rare: what has a name that somebody wants is told to who may see it, and decides what returns to folders that are gone. */
  async #rightsOn(manager: EntityManager, group: Group, nodes: readonly DriveNode[]): Promise<KnownRights[]> {
    if (nodes.length === 0) return [];
    const ids = [...new Set(nodes.map((node) => node.id))];
    return this.#findRights(manager, group, () => ids);
  }
}

const NO_RIGHTS: KnownRights = new Map();

/** Those that are told to who is refused. */
function listTold(batches: readonly SettledBatch[]): NodeId[] {
  return batches.flatMap(({ toldIds }) => toldIds);
}

function mentionedBy(batches: readonly Batch[]): string[] {
  return [...new Set(batches.flatMap(({ request }) => mentionedNodes(request.ops)))];
}

function subjectName({ principal }: Batch): string {
  const { userId, readsPersonalSpace } = toSubject(principal);
  return `${userId} ${String(readsPersonalSpace)}`;
}

/** A content of one chunk needs no manifest: its id is the chunk's hash. Before the lock, since nothing depends on them yet. */
function manifestRows(batches: readonly SettledBatch[]): Parameters<typeof insertManifests>[2] {
  const manifests = batches.flatMap(({ ops, unusable }) =>
    ops.flatMap((op) =>
      'content' in op && op.content.chunks.length > 1 && !unusable.has(op.opId) ? [op.content.chunks] : [],
    ),
  );
  const byContent = new Map(manifests.map((chunks) => [toContentId(chunks), chunks]));
  return [...byContent].flatMap(([contentId, chunks]) =>
    chunks.map((chunk, ordinal) => ({ contentId, ordinal, chunk })),
  );
}

function toWritten(decision: GroupDecision<SettledBatch>): Parameters<typeof writeBatches>[2][number] {
  return { author: decision.batch.author, changes: decision.changes, outcomes: changedOutcomes(decision) };
}

/** Chunks whose sending is all that lets the caller use them again; of the others it may now download a version. */
function toUpload({ batch, changes, tree }: GroupDecision<SettledBatch>): Upload {
  const readable = new Set<string>();
  for (const { after, version } of changes) {
    if (!version || !tree.atomsOf(after.id).has('download')) continue;
    for (const chunk of version.chunks) readable.add(chunk.hash);
  }
  const chunks = batch.pack.proven.filter((chunk) => !readable.has(chunk.hash));
  return { actorId: batch.author.actorId, chunks };
}

function toAsked({ author, ops }: GroupBatch): { actorId: string; opIds: string[] } {
  return { actorId: author.actorId, opIds: ops.map((op) => op.opId) };
}

function withRights(batch: SettledBatch, more: KnownRights): SettledBatch {
  return more.size === 0 ? batch : { ...batch, rights: new Map([...batch.rights, ...more]) };
}

/** VE-3: by reservation, what is promised to operations of the group. */
async function findReserved(
  manager: EntityManager,
  key: SpaceKey,
  { space, batches }: { readonly space: LockedSpace; readonly batches: readonly GroupBatch[] },
): Promise<Map<string, number>> {
  if (space.reservedBytes === 0) return new Map();
  const ids = batches.flatMap(({ author, ops }) => [...reservationsOf(author.actorId, ops).values()]);
  return ids.length === 0 ? new Map() : listReserved(manager, key, [...new Set(ids)]);
}

function toCommitted({ seq, outcomes, changes }: GroupDecision<SettledBatch>, epoch: string): Committed {
  return { seq, epoch, outcomes: [...outcomes], changed: changes.length };
}
