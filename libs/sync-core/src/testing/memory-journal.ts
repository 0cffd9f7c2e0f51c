import type { HoldAnswer } from '@tideline/contracts';
import type { Hold, Op } from '../model/plan.ts';
import {
  ROOT_ID,
  type BaseId,
  type BaseNode,
  type CloudId,
  type CloudNode,
  type CloudOverlay,
  type FileMeta,
  type LocalKey,
  type LocalNode,
  type LocalOverlay,
  type Observed,
  type StatSig,
} from '../model/tree.ts';
import {
  DEEDS_KEPT_MS,
  type Advance,
  type Deed,
  type Journal,
  type OverlayEntries,
  type ScanResult,
  type StoredHold,
  type NewProblem,
  type ProblemChange,
  type StoredProblem,
  type TaskMeta,
} from '../ports/journal.ts';
import { MemoryBase } from './memory-base.ts';

const NEW_TASK: TaskMeta = {
  cursor: null,
  epoch: null,
  seq: 0,
  capsRev: null,
  hidden: [],
  rights: null,
  firstSyncDone: false,
  recovery: false,
  rootIdentity: null,
  lastFullSyncMs: null,
  verified: null,
  folders: 0,
  skipped: 0,
};

/** The journal as every adapter must behave (`journalContract`), without a disk. */
export class MemoryJournal implements Journal {
  readonly base = new MemoryBase();
  #local = new Map<LocalKey, Observed<LocalNode>>();
  readonly #cloud = new Map<CloudId, Observed<CloudNode>>();
  readonly #ops = new Map<string, Op>();
  readonly #problems = new Map<string, StoredProblem>();
  #meta = NEW_TASK;
  #holds: StoredHold[] = [];
  #deeds: Deed[] = [];
  #lastId: BaseId = ROOT_ID;
  #lastHold = 0;

  meta(): TaskMeta {
    return this.#meta;
  }

  localOverlay(): LocalOverlay {
    return this.#local;
  }

  cloudOverlay(): CloudOverlay {
    return this.#cloud;
  }

  notPresent(): OverlayEntries {
    return { local: notPresentIn(this.#local), cloud: notPresentIn(this.#cloud) };
  }

  foldersWithNews(side: 'local' | 'both'): readonly BaseId[] {
    const here = [...this.#local.values()].map((seen) => (seen.t === 'present' ? seen.node.parent : 0));
    const there = [...this.#cloud.values()].map((seen) => (seen.t === 'present' ? seen.node.parentId : ''));
    const known = side === 'local' ? [] : there.map((id) => this.base.byCloudId(id)?.id ?? 0);
    return [...new Set([...here, ...known])].filter((id) => this.base.get(id) !== undefined);
  }

  seenInside(folder: BaseId): OverlayEntries {
    const cloudId = this.base.get(folder)?.cloudId;
    return {
      local: [...this.#local].filter(([, seen]) => seen.t === 'present' && seen.node.parent === folder),
      cloud: [...this.#cloud].filter(([, seen]) => seen.t === 'present' && seen.node.parentId === cloudId),
    };
  }

  allocateIds(count: number): BaseId {
    const first = this.#lastId + 1;
    this.#lastId += count;
    return first;
  }

  foldScan(result: ScanResult): void {
    if (result.full) this.#local = new Map();
    else for (const key of this.#belonging(result.listed)) this.#local.delete(key);
    for (const [key, seen] of result.seen) this.#local.set(key, seen);
    this.#normalise(result.seen.keys(), []);
  }

  foldListing(steps: Iterable<NonNullable<Advance['cloud']>[number]>, meta: Partial<TaskMeta>): void {
    this.advance({ cloud: [...steps], meta });
  }

  advance(step: Advance): void {
    this.#write(step);
    for (const opId of step.finished ?? []) this.#ops.delete(opId);
    this.#holds = this.#holds.filter((hold) => !step.endHolds?.includes(hold.holdId));
    this.#noteDeeds(step);
    this.#meta = { ...this.#meta, ...step.meta };
  }

  #write({ rows = [], forget = [], adopt = [], local = [], cloud = [] }: Advance): void {
    const freed = [...forget, ...rows.map((row) => row.id)].flatMap((id) => this.base.get(id)?.cloudId ?? []);
    this.base.write({ rows, forget });
    for (const row of rows) this.#lastId = Math.max(this.#lastId, row.id);
    this.#adopt(new Map(adopt.map(({ key, id }) => [key, id])));
    for (const { key, seen } of local) put(this.#local, key, seen);
    for (const { id, seen } of cloud) put(this.#cloud, id, seen);
    this.#normalise(
      [...rows.map((row) => row.id), ...forget, ...local.map((entry) => entry.key)],
      [...rows.map((row) => row.cloudId), ...freed, ...cloud.map((entry) => entry.id)],
    );
  }

  start(ops: readonly Op[]): void {
    for (const op of ops) if ('opId' in op) this.#ops.set(op.opId, op);
  }

  unfinished(): readonly Op[] {
    return [...this.#ops.values()];
  }

  deedsSince(sinceMs: number, kind?: Deed['kind']): readonly Deed[] {
    return this.#deeds.filter((deed) => deed.atMs >= sinceMs && (kind === undefined || deed.kind === kind));
  }

  #noteDeeds({ deeds = [], forgetDeeds = [] }: Advance): void {
    const newestMs = Math.max(...deeds.map((deed) => deed.atMs));
    const left = this.#deeds.filter(
      ({ kind, atMs }) => !forgetDeeds.includes(kind) && !(atMs < newestMs - DEEDS_KEPT_MS),
    );
    this.#deeds = [...left, ...deeds];
  }

  problems(): readonly StoredProblem[] {
    if (this.#problems.size === 0) return [];
    return [...this.#problems.values()].sort((a, b) => (a.path < b.path ? -1 : 1));
  }

  setProblem(path: string, problem: NewProblem | null, nowMs: number): void {
    if (!problem) return void this.#problems.delete(path);
    const before = this.#problems.get(path);
    const goesOn = before?.code === problem.code ? before : undefined;
    const attempts = (goesOn?.attempts ?? 0) + 1;
    this.#problems.set(path, {
      path,
      source: 'cycle',
      ...problem,
      firstSeenMs: goesOn?.firstSeenMs ?? nowMs,
      lastSeenMs: nowMs,
      attempts,
    });
  }

  setProblems(changes: readonly ProblemChange[], nowMs: number): void {
    for (const { path, problem } of changes) this.setProblem(path, problem, nowMs);
  }

  holds(): readonly StoredHold[] {
    return this.#holds;
  }

  setHolds(holds: readonly Hold[], nowMs: number): void {
    const waiting = this.#holds.filter((hold) => hold.answer === null);
    const open = holds.map((hold): StoredHold => {
      const before = waiting.find((each) => each.kind === hold.kind);
      const holdId = before?.holdId ?? `hold-${++this.#lastHold}`;
      return { ...hold, holdId, sinceMs: before?.sinceMs ?? nowMs, answer: null };
    });
    this.#holds = [...this.#holds.filter((hold) => hold.answer !== null), ...open];
  }

  answerHold(holdId: string, answer: HoldAnswer): boolean {
    const waits = this.#holds.some((hold) => hold.holdId === holdId && hold.answer === null);
    if (waits) this.#holds = this.#holds.map((hold) => (hold.holdId === holdId ? { ...hold, answer } : hold));
    return waits;
  }

  #belonging(listed: ReadonlySet<BaseId>): LocalKey[] {
    const isInside = (folder: LocalKey): boolean => {
      if (folder > 0) return listed.has(folder);
      const seen = this.#local.get(folder);
      return seen?.t === 'present' && isInside(seen.node.parent);
    };
    const wasInside = (key: LocalKey): boolean => listed.has(this.base.get(key)?.parent ?? 0);
    return [...this.#local]
      .filter(([key, seen]) => (seen.t === 'present' && isInside(seen.node.parent)) || (key > 0 && wasInside(key)))
      .map(([key]) => key);
  }

  #adopt(ids: ReadonlyMap<LocalKey, BaseId>): void {
    for (const key of ids.keys()) this.#local.delete(key);
    if (ids.size === 0) return;
    for (const [key, seen] of this.#local) {
      const parent = seen.t === 'present' ? ids.get(seen.node.parent) : undefined;
      if (seen.t === 'present' && parent !== undefined)
        this.#local.set(key, { ...seen, node: { ...seen.node, parent } });
    }
  }

  #normalise(keys: Iterable<LocalKey>, cloudIds: Iterable<CloudId>): void {
    for (const key of keys) this.#normaliseLocal(key);
    for (const id of cloudIds) this.#normaliseCloud(id);
  }

  #normaliseLocal(key: LocalKey): void {
    const seen = this.#local.get(key);
    const row = managed(this.base.get(key));
    if (seen?.t === 'absent' && !row) this.#local.delete(key);
    if (seen?.t !== 'present' || !row || !isLocalEqual(seen.node, row)) return;
    this.#local.delete(key);
    if (row.sig === null || !isSameSig(row.sig, seen.node.sig)) this.#refresh({ ...row, sig: seen.node.sig });
  }

  #normaliseCloud(id: CloudId): void {
    const seen = this.#cloud.get(id);
    const row = this.base.byCloudId(id);
    if (seen?.t === 'absent' && !row) this.#cloud.delete(id);
    if (seen?.t !== 'present' || !row) return;
    if (!isCloudEqual(seen.node, row, this.base.get(row.parent)?.cloudId)) return;
    this.#cloud.delete(id);
    if (row.rev !== seen.node.rev) this.#refresh({ ...row, rev: seen.node.rev });
  }

  #refresh(row: BaseNode): void {
    this.base.write({ rows: [row], forget: [] });
  }
}

function notPresentIn<K, T>(overlay: ReadonlyMap<K, Observed<T>>): (readonly [K, Observed<T>])[] {
  const found: (readonly [K, Observed<T>])[] = [];
  for (const entry of overlay) if (entry[1].t !== 'present') found.push(entry);
  return found;
}

function put<K, T>(overlay: Map<K, Observed<T>>, key: K, seen: Observed<T> | 'equal'): void {
  if (seen === 'equal') overlay.delete(key);
  else overlay.set(key, seen);
}

/** A detached row has nothing on the disk: a file found at its place is a difference, none is not. */
function managed(row: BaseNode | undefined): BaseNode | undefined {
  return row?.state === 'managed' ? row : undefined;
}

/** Equal in everything a decision looks at; the signature may differ and then follows. */
function isLocalEqual(node: LocalNode, row: BaseNode): boolean {
  if (node.kind !== row.kind || (node.content?.contentId ?? null) !== row.contentId) return false;
  if (row.id === ROOT_ID) return true;
  return node.parent === row.parent && node.name === row.localName && isMetaEqual(node.meta, row);
}

/** Equal in everything a decision looks at; the revision may differ and then follows. */
function isCloudEqual(node: CloudNode, row: BaseNode, parentId: CloudId | undefined): boolean {
  if (node.kind !== row.kind || node.contentId !== row.contentId) return false;
  if (row.id === ROOT_ID) return true;
  return node.parentId === parentId && node.name === row.cloudName && isMetaEqual(node.meta, row);
}

function isMetaEqual(meta: FileMeta, row: BaseNode): boolean {
  return row.kind === 'folder' || (meta.mtimeMs === row.meta.mtimeMs && meta.exec === row.meta.exec);
}

export function isSameSig(a: StatSig, b: StatSig): boolean {
  const identity = a.volume === b.volume && a.fileId === b.fileId && a.birthNs === b.birthNs;
  return identity && a.size === b.size && a.mtimeNs === b.mtimeNs && a.ctimeNs === b.ctimeNs && a.links === b.links;
}
