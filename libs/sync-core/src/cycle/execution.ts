import type { BlockReason, ProblemCode } from '@tideline/contracts';
import type { CloudOp, LocalOp, Op } from '../model/plan.ts';
import type { Done } from '../plan/settle.ts';
import { settleAll, type Settled } from '../plan/settle-all.ts';
import {
  RACY_CTIME,
  ROOT_ID,
  type BaseId,
  type BaseNode,
  type CloudId,
  type CloudOverlay,
  type LocalKey,
  type LocalNode,
  type LocalOverlay,
  type StatSig,
} from '../model/tree.ts';
import type { RelativePath } from '../ports/disk.ts';
import type { Advance, Deed, DeedKind, StoredProblem } from '../ports/journal.ts';
import type { CycleDeps, RoundRequest } from './cycle-types.ts';
import { createLiveTree, type LiveTree } from './live-tree.ts';
import { ProblemBook } from './problem-book.ts';
import { TransferMemory } from './transfer-memory.ts';

const MAX_PUT_OFF = 500;
const SHORTEST_TURN_MS = 2000;
/** An operation that met something else than planned so often in one cycle, each time after a new look, has something in its way. */
const MAX_TRIES = 3;

/** By operation and node: how often it met something else than planned. Kept over the rounds of a cycle. */
export type Tries = Map<string, number>;

/** What the plan at hand rests on. `approvedOps`: what a person agreed to. */
export type Decided = {
  readonly local: LocalOverlay;
  readonly cloud: CloudOverlay;
  readonly approvedOps?: ReadonlySet<string>;
  readonly tries?: Tries;
};

/** State of carrying out one plan: where things are right now, and counts. What was done is in the journal. */
export class Execution {
  readonly deps: CycleDeps;
  readonly request: RoundRequest;
  readonly decided: Decided;
  readonly live: LiveTree;
  readonly memory: TransferMemory;
  /** Folders to look at again, where they are. */
  readonly rescan = new Set<RelativePath>();
  /** And those that may still be moved by what is left to do. */
  readonly #rescanIn = new Set<LocalKey>();
  /** Nodes that wait in staging for the second half of an exchange of places. */
  readonly staged = new Set<LocalKey>();
  /** Newest revs that our own operations made, by cloud id. */
  readonly revs = new Map<string, number>();
  /** Something in the cloud was not as planned. */
  refeed = false;
  /** Something came back from staging: no picture of the disk holds any more. */
  lookEverywhere = false;
  /** Base could not take over where both sides have a folder by now: the next decision links it. */
  placesWait = false;
  blocked: BlockReason | null = null;
  /** Files from this size on were refused for want of room. */
  tooLargeBytes = Infinity;
  done = 0;
  /** By the plans of the same round before this one. */
  doneBefore = 0;
  doneBytes = 0;
  failed = 0;
  /** Put off by a failed earlier try. */
  deferred = 0;
  /** Not tried because something they need was not done. */
  unready = 0;
  /** Left for the next cycle because something newer waits. */
  yielded = 0;
  readonly #problems: ProblemBook;
  readonly #deeds = new Map<DeedKind, { files: number; nodes: Set<string> }>();
  readonly #localNow = new Map<LocalKey, LocalNode>();
  readonly #completed = new Set<string>();
  readonly #settled: Settled[] = [];
  readonly #finished: string[] = [];
  #isBroken = false;
  readonly #beganAtMs: number;

  constructor(deps: CycleDeps, request: RoundRequest, decided: Decided) {
    this.deps = deps;
    this.request = request;
    this.decided = decided;
    this.#beganAtMs = deps.clock.nowMs();
    this.live = createLiveTree(deps.journal.base, decided.local);
    this.memory = deps.memory ?? new TransferMemory();
    this.#problems = new ProblemBook(deps, {
      hinted: request.hinted ?? null,
      dueCode: request.roomFreed ? 'QUOTA' : null,
    });
  }

  /** Takes over what the plan before this one, in the same round, left to be looked at and told. */
  goOnFrom(before: Execution): void {
    this.doneBefore += before.doneBefore + before.done;
    this.yielded += before.yielded;
    this.refeed ||= before.refeed;
    this.lookEverywhere ||= before.lookEverywhere;
    this.placesWait ||= before.placesWait;
    this.blocked ??= before.blocked;
    for (const folder of before.whereToLook()) this.rescan.add(folder);
  }

  /** Whether everything that must have been done before this operation has been; if not, it is over without being tried. */
  isReady(op: Pick<CloudOp | LocalOp, 'opId' | 'after'>): boolean {
    const ready = (op.after ?? []).every((opId) => this.hasDone(opId));
    if (!ready) this.leaveOut(op);
    return ready;
  }

  hasDone(opId: string): boolean {
    return this.#completed.has(opId);
  }

  /** To be called with every operation that is not tried because another one that it needs was not done, or will not be. */
  leaveOut({ opId }: Pick<CloudOp | LocalOp, 'opId'>): void {
    this.unready += 1;
    this.#over([opId]);
  }

  /** To be called with every operation that succeeded. */
  complete(opId: string, bytes = 0): void {
    this.#completed.add(opId);
    this.done += 1;
    this.doneBytes += bytes;
  }

  /** What the guards count, durable with the next flush; what a person agreed to does not count. */
  noteDeed(opId: string, kind: DeedKind, of: { readonly nodes: readonly string[]; readonly files: number }): void {
    if (this.decided.approvedOps?.has(opId)) return;
    const deed = this.#deeds.get(kind) ?? { files: 0, nodes: new Set() };
    deed.files += of.files;
    for (const node of of.nodes) deed.nodes.add(node);
    this.#deeds.set(kind, deed);
  }

  /** A cycle that is called off, or whose state cannot be written any more (K08), begins nothing else. */
  get mustStop(): boolean {
    return this.request.signal.aborted || this.#isBroken;
  }

  /** What the disk holds of a node now: as scanned, or as our own operations left it. */
  localNow(key: LocalKey): LocalNode | undefined {
    const changed = this.#localNow.get(key);
    if (changed) return changed;
    const seen = this.decided.local.get(key);
    if (seen) return seen.t === 'present' ? seen.node : undefined;
    return inBase(this.rowOf(key));
  }

  /** What a folder looks like that something is to be put into; null for the root, and where nothing was seen of it. */
  folderNow(key: LocalKey): StatSig | null {
    if (key === ROOT_ID) return null;
    const changed = this.#localNow.get(key);
    if (changed) return changed.sig;
    const seen = this.decided.local.get(key);
    if (seen) return seen.t === 'present' ? seen.node.sig : null;
    return this.deps.journal.base.get(key)?.sig ?? null;
  }

  /** The file holds other bytes than a scan read under the very signature that it has: the next look is not to trust that. */
  distrust(key: LocalKey): void {
    const node = this.localNow(key);
    if (!node) return;
    const sinceMs = this.decided.local.get(key)?.sinceMs ?? this.deps.clock.nowMs();
    const sig = { ...node.sig, ctimeNs: RACY_CTIME };
    this.advance({ local: [{ key, seen: { t: 'present', node: { ...node, sig }, sinceMs } }] });
  }

  /** To be called with every change we make on disk. */
  setLocal(key: LocalKey, node: LocalNode): void {
    this.#localNow.set(key, node);
    this.live.put(key, node);
  }

  /** Durable when it returns, together with everything put off before it. That operations are over may wait (K01). */
  advance(step: Advance): void {
    if (Object.keys(step).every((key) => key === 'finished')) return this.#over(step.finished ?? []);
    this.flush();
    try {
      this.deps.journal.advance(step);
    } catch (error) {
      this.#isBroken = true;
      throw error;
    }
  }

  #over(opIds: readonly string[]): void {
    this.#finished.push(...opIds);
    if (this.#finished.length >= MAX_PUT_OFF) this.flush();
  }

  /**
   * An operation was carried out: base may take over what both sides hold alike now. It may wait for its neighbours, because a
   * crash before it only makes the change be seen again and linked: base is never ahead. At most `MAX_PUT_OFF` wait.
   */
  settled(op: Op, done: Done): void {
    this.#settled.push({ op, done });
    if (this.#settled.length >= MAX_PUT_OFF) this.flush();
  }

  /** The base row as our own steps left it. */
  rowOf(id: BaseId): BaseNode | undefined {
    if (this.#settled.some(({ op }) => 'id' in op && op.id === id)) this.flush();
    return this.deps.journal.base.get(id);
  }

  flush(): void {
    try {
      this.#write();
    } catch (error) {
      this.#isBroken = true;
      throw error;
    }
  }

  #write(): void {
    this.#problems.flush();
    const steps = this.#settled.splice(0);
    const deeds = this.#takeDeeds();
    const over = this.#finished.splice(0);
    if (steps.length + deeds.length + over.length === 0) return;
    const { journal } = this.deps;
    const trees = { base: journal.base, local: journal.localOverlay(), cloud: journal.cloudOverlay() };
    const step = settleAll(trees, steps);
    journal.advance({ ...step, finished: [...(step.finished ?? []), ...over], deeds });
    for (const { key, id } of step.adopt ?? []) this.live.adopt(key, id);
    this.placesWait ||= steps.some(({ op }) => isMoveAhead(op, journal.base));
  }

  #takeDeeds(): Deed[] {
    const atMs = this.deps.clock.nowMs();
    const deeds = [...this.#deeds].map(([kind, { files, nodes }]) => ({ kind, files, nodes: [...nodes], atMs }));
    this.#deeds.clear();
    return deeds;
  }

  fail(path: RelativePath, code: ProblemCode, params: StoredProblem['params'] = {}): void {
    this.failed += 1;
    this.#problems.fail(path, code, params);
  }

  succeed(path: RelativePath | undefined): void {
    if (path !== undefined) this.#problems.succeed(path);
  }

  get hasProblems(): boolean {
    return this.#problems.isOpen;
  }

  /** G26: a node that failed waits, unless it changed since. */
  isDeferred(path: RelativePath | undefined, changedAtMs: number): boolean {
    return path !== undefined && this.#problems.isDeferred(path, changedAtMs);
  }

  /** SY-14: what wants a name that something unreadable has waits until that was read, or is gone. */
  isNameUnread(path: RelativePath | undefined): boolean {
    return path !== undefined && this.#problems.isUnread(path);
  }

  /** To be called with every operation that is not tried because a problem stands for it. */
  putOff({ opId }: Pick<CloudOp | LocalOp, 'opId'>): void {
    this.deferred += 1;
    this.#over([opId]);
  }

  /** To be asked each time an operation met something else than planned: whether a new look will not help any more. */
  isStuck(op: CloudOp | LocalOp): boolean {
    const tries = this.decided.tries;
    const key = `${op.op} ${nodeOf(op)}`;
    const count = (tries?.get(key) ?? 0) + 1;
    tries?.set(key, count);
    return count >= MAX_TRIES;
  }

  /**
   * Whether a long transfer gives way to something newer. Only after a while: every cycle observes and plans anew, and our own
   * commits are news, too.
   */
  mustYield(): boolean {
    return this.deps.clock.nowMs() - this.#beganAtMs >= SHORTEST_TURN_MS && this.request.yieldNow();
  }

  /** The folder of a node that was not as planned is to be scanned again. */
  noteRescan(key: LocalKey): void {
    this.noteRescanIn(this.live.folderOf(key) ?? ROOT_ID);
  }

  /** What is in the folder is not as planned, or has a name that we gave it: it is to be scanned, wherever it is by then. */
  noteRescanIn(folder: LocalKey): void {
    this.#rescanIn.add(folder);
  }

  /** To be asked when everything has run. */
  whereToLook(): ReadonlySet<RelativePath> {
    return new Set([...this.rescan, ...[...this.#rescanIn].map((folder) => this.live.pathOf(folder) ?? '')]);
  }
}

/** What it is about, under an id that the next decision knows, too: base ids of new nodes are given out anew with every plan. */
function nodeOf(op: CloudOp | LocalOp): CloudId | LocalKey {
  if ('cloud' in op) return op.cloud.id;
  return 'key' in op ? op.key : op.id;
}

/** Base is a tree at every moment (SY-25): what was moved into a folder that base still has below it keeps its place there. */
function isMoveAhead(op: Op, base: CycleDeps['journal']['base']): boolean {
  if (op.op !== 'cloudMove' && (op.op !== 'localMove' || op.staged)) return false;
  const row = base.get(op.id);
  return row !== undefined && row.parent !== op.parent;
}

function inBase(row: BaseNode | undefined): LocalNode | undefined {
  if (!row?.sig) return undefined;
  const content = row.contentId === null ? null : { contentId: row.contentId, size: row.size ?? 0 };
  return { parent: row.parent, name: row.localName, kind: row.kind, sig: row.sig, content, meta: row.meta };
}
