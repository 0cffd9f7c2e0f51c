import { Injectable, type OnModuleInit } from '@nestjs/common';
import {
  AppError,
  DEFAULT_RETENTION,
  MAX_BIN_NODES,
  type EmptyBinAnswer,
  type ErrorCode,
  type NodeId,
  type PurgeItem,
  type SpaceId,
} from '@tideline/contracts';
import { DataSource, type EntityManager } from 'typeorm';
import type { z } from 'zod';
import { findAndLockSpace, type LockedSpace, type SpaceKey } from '../drive/batch.store.ts';
import { seesMore } from '../drive/newly-readable.ts';
import { AccessService, toSubject } from '../grants/access.service.ts';
import { findLifts, listOpenedForAnybody } from '../grants/opened-for-anybody.ts';
import { findPartsRevision, stillHolds } from '../grants/parts-revision.ts';
import type { SpaceParts } from '../grants/space-parts.ts';
import { JobRunner } from '../jobs/job-runner.ts';
import type { JobCounts } from '../jobs/periodic-job.ts';
import { Clock } from '../platform/clock.ts';
import { inOrder } from '../platform/hot-transaction.ts';
import type { MemberPrincipal } from '../platform/principal.ts';
import { SocketHub } from '../platform/socket-hub.ts';
import { inTransaction } from '../platform/transaction.ts';
import { BinService } from './bin.service.ts';
import { listOpening } from './opened-by-purge.ts';
import {
  listEntriesBefore,
  listOutlived,
  listRemovable,
  listSpacesToClear,
  listSpacesWithExpired,
  markPurged,
  removePurged,
  spreadPurge,
  type EntryPosition,
} from './purge.store.ts';

type Slice = SpaceKey & { readonly nodeIds: readonly NodeId[] };
/** Of nodes of a slice, why they may not be given up. */
type FindRefusals = (manager: EntityManager, slice: Slice) => Promise<Map<NodeId, ErrorCode>>;

/** Nodes of one slice: bounds the time for which a space is locked. */
const SLICE_NODES = 80;
/** Slices that a request works off itself; the job takes the rest. */
const SLICES_PER_REQUEST = 125;
const EMPTY_BUDGET_MS = 15_000;

/**
 * Deletes for good. First, in one short transaction, what is given up leaves the bin and nobody can reach it any more; then the
 * nodes are removed in slices, from above downwards and back up. Ended at any line, the job goes on from what it finds.
 */
@Injectable()
export class PurgeService implements OnModuleInit {
  constructor(
    private readonly dataSource: DataSource,
    private readonly access: AccessService,
    private readonly bin: BinService,
    private readonly sockets: SocketHub,
    private readonly clock: Clock,
    private readonly jobs: JobRunner,
  ) {}

  onModuleInit(): void {
    this.jobs.register({ name: 'purge', lane: 'long', everyMs: 10_000, run: (signal) => this.clearAll(signal) });
    this.jobs.register({ name: 'bin-expiry', lane: 'long', everyMs: 3_600_000, run: (signal) => this.expire(signal) });
  }

  async purge(
    principal: MemberPrincipal,
    spaceId: SpaceId,
    nodeIds: readonly NodeId[],
  ): Promise<{ items: PurgeItem[]; pending: boolean }> {
    const key = await this.#enter(principal, spaceId);
    const { marked, refusals } = await this.#markAllowed(key, nodeIds, this.#refusalsOf(principal));
    const purged = new Set(marked);
    const items = nodeIds.map((nodeId): PurgeItem => {
      if (purged.has(nodeId)) return { status: 'purged', nodeId };
      return { status: 'refused', nodeId, code: refusals.get(nodeId) ?? 'NOT_TRASHED' };
    });
    return { items, pending: !(await this.#clear(key, SLICES_PER_REQUEST)) };
  }

  /** Everything that the caller may delete and that was there when it began. */
  async empty(
    principal: MemberPrincipal,
    spaceId: SpaceId,
    before: string | undefined,
  ): Promise<z.input<typeof EmptyBinAnswer>> {
    const key = await this.#enter(principal, spaceId);
    const { manager } = this.dataSource;
    const until = before === undefined ? new Date(this.clock.now().getTime() + 1) : new Date(before);
    const endsAt = performance.now() + EMPTY_BUDGET_MS;
    let [purged, kept] = [0, 0];
    let after: EntryPosition | undefined;
    for (let more = true; more;) {
      const entries = await listEntriesBefore(manager, key, { before: until, after, limit: MAX_BIN_NODES });
      const ids = entries.map((entry) => entry.id);
      const { marked, refusals } = await this.#markAllowed(key, ids, this.#refusalsOf(principal));
      purged += marked.length;
      kept += ids.filter((id) => refusals.has(id) && refusals.get(id) !== 'NODE_UNKNOWN').length;
      after = entries.at(-1);
      more = ids.length === MAX_BIN_NODES;
      if (more && performance.now() > endsAt) return { purged, kept, pending: true, more };
    }
    return { purged, kept, pending: !(await this.#clear(key, SLICES_PER_REQUEST)), more: false };
  }

  /**
   * VE-2: what has been in the bin for longer than the enterprise keeps it. A folder whose end would open to somebody what was trashed
   * in it by itself (PE-6) waits until that has been in the bin for as long.
   */
  async expire(signal: AbortSignal): Promise<JobCounts> {
    const when = { now: this.clock.now(), days: DEFAULT_RETENTION.binDays };
    let expired = 0;
    for (const { before, ...key } of await listSpacesWithExpired(this.dataSource.manager, when)) {
      let entries: EntryPosition[] = [];
      do {
        const page = { before, after: entries.at(-1), limit: SLICE_NODES };
        entries = await listEntriesBefore(this.dataSource.manager, key, page);
        const ids = entries.map((entry) => entry.id);
        expired += (await this.#markAllowed(key, ids, findOpeningRefusals)).marked.length;
      } while (entries.length === SLICE_NODES && !signal.aborted);
    }
    const { nodes = 0 } = await this.clearAll(signal);
    return { expired, nodes };
  }

  /** Removes what was given up, a slice of each space in turn. */
  async clearAll(signal: AbortSignal): Promise<JobCounts> {
    let nodes = 0;
    for (let round = await listSpacesToClear(this.dataSource.manager); round.length > 0;) {
      const unfinished: SpaceKey[] = [];
      for (const key of round) {
        if (signal.aborted) return { nodes };
        const { found, removed } = await this.#clearSlice(key);
        nodes += removed;
        if (found + removed > 0) unfinished.push(key);
      }
      round = unfinished;
    }
    return { nodes };
  }

  /** Only people delete for good, and only where they see something. */
  async #enter(principal: MemberPrincipal, spaceId: SpaceId): Promise<SpaceKey> {
    await this.bin.requireSpace(principal, spaceId);
    if (principal.kind !== 'person') throw new AppError('FORBIDDEN');
    return { enterpriseId: principal.enterpriseId, spaceId };
  }

  /** In slices: each marks entries and their histories under the lock of the space. */
  async #markAllowed(
    key: SpaceKey,
    nodeIds: readonly NodeId[],
    findRefusals: FindRefusals,
  ): Promise<{ marked: NodeId[]; refusals: ReadonlyMap<NodeId, ErrorCode> }> {
    const marked: NodeId[] = [];
    const refusals = new Map<NodeId, ErrorCode>();
    for (const slice of toSlices(nodeIds)) {
      const done = await this.#markAllowedOf({ ...key, nodeIds: slice }, findRefusals);
      marked.push(...done.marked);
      for (const [id, code] of done.refusals) refusals.set(id, code);
    }
    return { marked, refusals };
  }

  /** What may be given up is found before the space is locked, and again under the lock when rights or the tree have changed since. */
  async #markAllowedOf(slice: Slice, findRefusals: FindRefusals) {
    const { manager } = this.dataSource;
    const revision = await findPartsRevision(manager, slice.enterpriseId, slice.spaceId);
    let refusals = await findRefusals(manager, slice);
    if (slice.nodeIds.every((id) => refusals.has(id))) return { marked: [], refusals };
    const marked = await this.#markSlice(slice, async (locked, space) => {
      const holds = revision !== undefined && stillHolds(revision, space);
      if (!holds) refusals = await findRefusals(locked, slice);
      return slice.nodeIds.filter((id) => !refusals.has(id));
    });
    return { marked, refusals };
  }

  #refusalsOf(principal: MemberPrincipal): FindRefusals {
    return (manager, slice) => this.#findRefusals(manager, principal, slice);
  }

  /** Why nodes are not the caller's to delete for good. What was trashed by itself below one of them may not be opened to anybody by it. */
  async #findRefusals(
    manager: EntityManager,
    principal: MemberPrincipal,
    slice: Slice,
  ): Promise<Map<NodeId, ErrorCode>> {
    const { spaceId, nodeIds } = slice;
    const access = await this.access.resolve(manager, principal, nodeIds);
    const parts = await this.access.findParts(manager, toSubject(principal), spaceId);
    const barriers = parts?.barriersTo(['delete'], { throughBin: false }).get('delete');
    const refusals = nodeIds.map((id): [NodeId, ErrorCode | undefined] => {
      const rights = access.get(id);
      if (rights?.spaceId !== spaceId) return [id, 'NODE_UNKNOWN'];
      if (!rights.atoms.has('delete')) return [id, 'FORBIDDEN'];
      return [id, barriers?.has(id) ? 'SUBTREE_FORBIDDEN' : undefined];
    });
    const found = new Map(refusals.flatMap(([id, code]) => (code ? [[id, code]] : [])));
    const allowed = nodeIds.filter((id) => !found.has(id));
    const opening = await findOpening(manager, { ...slice, nodeIds: allowed }, parts);
    for (const id of opening) found.set(id, 'SUBTREE_FORBIDDEN');
    return found;
  }

  /** `choose` is asked under the lock of the space. */
  async #markSlice(
    key: SpaceKey,
    choose: (manager: EntityManager, space: LockedSpace) => Promise<readonly NodeId[]>,
  ): Promise<NodeId[]> {
    const { marked, seq } = await inTransaction(this.dataSource, async (manager) => {
      const space = await findAndLockSpace(manager, key);
      if (!space) throw new AppError('SPACE_UNKNOWN', { space: key.spaceId });
      const nodeIds = await choose(manager, space);
      const marked = nodeIds.length === 0 ? [] : await markPurged(manager, key, { nodeIds, seq: space.seq });
      return { marked, seq: space.seq + marked.length };
    });
    if (marked.length > 0) this.sockets.nudgeSpace(key.enterpriseId, key.spaceId, seq);
    return marked;
  }

  /** Whether all is cleared after at most so many slices. */
  async #clear(key: SpaceKey, slices: number): Promise<boolean> {
    for (let done = 0; done < slices; done++) {
      const { found, removed } = await this.#clearSlice(key);
      if (found + removed === 0) return true;
    }
    return false;
  }

  async #clearSlice(key: SpaceKey): Promise<{ found: number; removed: number }> {
    const clear = async (manager: EntityManager) => {
      const [space, found, ids] = await inOrder(manager, [
        () => findAndLockSpace(manager, key),
        () => spreadPurge(manager, key, SLICE_NODES),
        () => listRemovable(manager, key, SLICE_NODES),
      ]);
      await removePurged(manager, key, ids);
      return { found, removed: ids.length, isLimited: space !== undefined && space.quotaBytes !== null };
    };
    const { isLimited, ...slice } = await inTransaction(this.dataSource, clear, { isHot: true });
    if (slice.removed > 0 && isLimited) this.sockets.roomFreed(key.enterpriseId, key.spaceId);
    return slice;
  }
}

/** For nobody's wish: what time takes asks for no right, and opens nothing either. */
async function findOpeningRefusals(manager: EntityManager, slice: Slice): Promise<Map<NodeId, ErrorCode>> {
  const opening = await findOpening(manager, slice, undefined);
  return new Map(opening.map((id) => [id, 'SUBTREE_FORBIDDEN']));
}

/** What goes with them does not outlive them, unless one of them may not go itself. */
async function findOpening(
  manager: EntityManager,
  { nodeIds, ...key }: Slice,
  parts: SpaceParts | undefined,
): Promise<NodeId[]> {
  const toCaller = parts ? listOpening(parts, nodeIds) : [];
  const opening = [...new Set([...toCaller, ...(await listOpeningToOthers(manager, { ...key, nodeIds }))])];
  const kept = new Set<NodeId>();
  for (let before = -1; opening.length > 0 && before < kept.size;) {
    before = kept.size;
    const goingIds = nodeIds.filter((id) => !kept.has(id));
    for (const id of await listOutlived(manager, key, { folderIds: opening, goingIds })) kept.add(id);
  }
  return [...kept];
}

/** Asked only where something outlives its folder. */
async function listOpeningToOthers(manager: EntityManager, { nodeIds, ...key }: Slice): Promise<ReadonlySet<NodeId>> {
  const found = await findLifts(manager, key, nodeIds);
  if (!found) return new Set();
  const folderIds = [...new Set(found.lifts.map((lift) => lift.folderId))];
  const outlived = await listOutlived(manager, key, { folderIds, goingIds: [] });
  if (outlived.length === 0) return new Set();
  const lifts = found.lifts.filter((lift) => outlived.includes(lift.folderId));
  return listOpenedForAnybody(manager, key.enterpriseId, { ...found, lifts }, seesMore);
}

function toSlices(nodeIds: readonly NodeId[]): NodeId[][] {
  return Array.from({ length: Math.ceil(nodeIds.length / SLICE_NODES) }, (_, index) =>
    nodeIds.slice(index * SLICE_NODES, (index + 1) * SLICE_NODES),
  );
}
