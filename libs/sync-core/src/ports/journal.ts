import type { HoldAnswer, ProblemCode } from '@tideline/contracts';
import type {
  BaseId,
  BaseNode,
  BaseView,
  CloudId,
  CloudNode,
  CloudOverlay,
  LocalKey,
  LocalNode,
  LocalOverlay,
  Observed,
} from '../model/tree.ts';
import type { Hold, Op } from '../model/plan.ts';
import type { Boundary } from '../rights/rights-map.ts';

/** Facts of a task that outlive a cycle. */
export type TaskMeta = {
  readonly cursor: string | null;
  readonly epoch: string | null;
  /** Position of the space up to which the cursor has told everything. */
  readonly seq: number;
  /** Count of changes of rights that `hidden` belongs to; null before the first listing. */
  readonly capsRev: number | null;
  /** Cloud ids of folders below the root that this device may not see: out of sight, never deleted (D22). */
  readonly hidden: readonly string[];
  /** What the person may do from the task's folder downwards, as of `capsRev`; null: never read. */
  readonly rights: readonly Boundary[] | null;
  /** False until the first complete sync: FI rules apply. */
  readonly firstSyncDone: boolean;
  /** True after lost state or a new epoch, until the next complete sync: FI-4 applies. */
  readonly recovery: boolean;
  /** Volume and folder id of the root (GU-3), or null before the first scan. */
  readonly rootIdentity: string | null;
  readonly lastFullSyncMs: number | null;
  /** SA-5; null: not checked since the last change. */
  readonly verified: boolean | null;
  /** Of the last full scan. */
  readonly folders: number;
  readonly skipped: number;
};

/** One step forward, durable at once: all of it in one transaction or none. */
export type Advance = {
  /** Rows to insert or replace, and nodes to forget. Only what was seen equal on both sides, or acknowledged by both. */
  readonly rows?: readonly BaseNode[];
  readonly forget?: readonly BaseId[];
  /**
   * Local entries (negative keys) that became base nodes with this step: their overlay entry vanishes unless `local` tells a newer
   * one under the id, and overlay entries below `key` become entries below `id`.
   */
  readonly adopt?: readonly { readonly key: LocalKey; readonly id: BaseId }[];
  /** New knowledge about either side; entries that now equal base vanish from the overlay by themselves. */
  readonly cloud?: readonly { readonly id: CloudId; readonly seen: Observed<CloudNode> | 'equal' }[];
  readonly local?: readonly { readonly key: LocalKey; readonly seen: Observed<LocalNode> | 'equal' }[];
  /** Operations that are over, whatever their outcome. */
  readonly finished?: readonly string[];
  readonly deeds?: readonly Deed[];
  /** Deeds of these kinds were made good: they count no more. */
  readonly forgetDeeds?: readonly DeedKind[];
  /** Holds whose answer was carried out. */
  readonly endHolds?: readonly string[];
  readonly meta?: Partial<TaskMeta>;
};

/** What one scan saw. Folders in `listed` were read to their end; below them only `seen` differs from base. */
export type ScanResult = {
  /** A full scan replaces the whole local overlay; a partial one only what lies directly in (or new below) listed folders. */
  readonly full: boolean;
  readonly seen: ReadonlyMap<LocalKey, Observed<LocalNode>>;
  readonly listed: ReadonlySet<BaseId>;
  readonly files: number;
  readonly folders: number;
  readonly skipped: number;
  /** Folders or files that could not be read; without any, a full scan is complete. */
  readonly unreadable: readonly { readonly path: string; readonly code: ProblemCode }[];
};

/** Who keeps a problem and clears it again: the scan what it could not read, the cycle what it could not do. */
export type ProblemSource = 'scan' | 'cycle';

export type StoredProblem = {
  /** Relative path, or the cloud name where there is no local one. */
  readonly path: string;
  readonly code: ProblemCode;
  readonly params: Readonly<Record<string, string | number>>;
  readonly source: ProblemSource;
  readonly firstSeenMs: number;
  readonly lastSeenMs: number;
  readonly attempts: number;
  /** Not tried again before this moment unless the node changes. */
  readonly retryAtMs: number;
};

/**
 * What we did ourselves and the guards count, over cycles and restarts: files that went to the recycle bin because they were
 * deleted here, or to the trash here because they were deleted in the cloud, without anybody's consent; versions sent of files
 * that were rewritten; files sent again because the cloud lost them.
 */
export type DeedKind = 'trashedInCloud' | 'trashedHere' | 'rewrote' | 'sentAgain';
export type Deed = {
  readonly kind: DeedKind;
  /** Cloud ids, of whole folders the folder's alone; of files sent again their base ids, because they get new cloud ids. */
  readonly nodes: readonly string[];
  readonly files: number;
  readonly atMs: number;
};
/** The longest window of any guard (GU-4). */
export const DEEDS_KEPT_MS = 24 * 60 * 60 * 1000;

/** `source`: the cycle, unless told otherwise. */
export type NewProblem = Pick<StoredProblem, 'code' | 'params' | 'retryAtMs'> & { readonly source?: ProblemSource };

export type StoredHold = Hold & {
  readonly holdId: string;
  readonly sinceMs: number;
  /** Null while it waits. Given once, and carried out by the next cycles however often they are cut short. */
  readonly answer: HoldAnswer | null;
};

export type ProblemChange = { readonly path: string; readonly problem: NewProblem | null };

/** Some entries of both overlays. */
export type OverlayEntries = {
  readonly local: readonly (readonly [LocalKey, Observed<LocalNode>])[];
  readonly cloud: readonly (readonly [CloudId, Observed<CloudNode>])[];
};

/**
 * Durable state of one task: base, overlays, cursor, running operations, problems, holds. One writer.
 * Every method is synchronous and atomic; after `advance` returns, a crash loses nothing of it.
 */
export type Journal = {
  readonly base: BaseView;
  meta(): TaskMeta;
  /** Both can hold millions of entries, which are then not in memory: looking at all of them takes seconds. */
  localOverlay(): LocalOverlay;
  cloudOverlay(): CloudOverlay;
  /** What was seen to be gone or could not be seen; without looking at what is present. */
  notPresent(): OverlayEntries;
  /** Folders of base directly in which an entry of an overlay stands; `local`: only of that one. */
  foldersWithNews(side: 'local' | 'both'): readonly BaseId[];
  /** Entries that stand directly in a folder of base, whether base knows them or not. */
  seenInside(folder: BaseId): OverlayEntries;
  /** Gives out `count` base ids that were never used; answers the first. */
  allocateIds(count: number): BaseId;
  foldScan(result: ScanResult): void;
  /** What a complete listing says, and the place in the feed that it belongs to, as one step; steps are taken as they are made. */
  foldListing(steps: Iterable<NonNullable<Advance['cloud']>[number]>, meta: Partial<TaskMeta>): void;
  advance(step: Advance): void;
  /** Durable before any request leaves or any file moves. */
  start(ops: readonly Op[]): void;
  /** Operations started and not finished: after a crash only. */
  unfinished(): readonly Op[];
  /** Deeds at or after `sinceMs`, in order, of one kind or all; at least those of the last `DEEDS_KEPT_MS` before the newest. */
  deedsSince(sinceMs: number, kind?: DeedKind): readonly Deed[];
  problems(): readonly StoredProblem[];
  /** Sets (or refreshes) the problem of a path; null clears it. */
  setProblem(path: string, problem: NewProblem | null, nowMs: number): void;
  /** The same for many, as one step. */
  setProblems(changes: readonly ProblemChange[], nowMs: number): void;
  holds(): readonly StoredHold[];
  /** Replaces the holds that wait for an answer; answered ones stay until they are ended. A kind waits at most once. */
  setHolds(holds: readonly Hold[], nowMs: number): void;
  /** False when nothing of that id waits for an answer: the first answer stands. */
  answerHold(holdId: string, answer: HoldAnswer): boolean;
};
