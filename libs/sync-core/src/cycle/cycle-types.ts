import type { BlockReason, SyncMode } from '@tideline/contracts';
import type { Rules } from '../filter/compile-filter.ts';
import type { NameRules } from '../model/policy.ts';
import type { Chance, Clock, Hashes, Ids } from '../ports/clock.ts';
import type { Cloud } from '../ports/cloud.ts';
import type { Disk } from '../ports/disk.ts';
import type { Journal } from '../ports/journal.ts';
import type { DirtyPaths, Scanner } from '../ports/scanner.ts';
import type { TransferMemory } from './transfer-memory.ts';

export type CycleDeps = {
  readonly journal: Journal;
  readonly scanner: Scanner;
  readonly disk: Disk;
  readonly cloud: Cloud;
  readonly clock: Clock;
  readonly ids: Ids;
  readonly hashes: Hashes;
  /** Shared by all tasks of a process; without it this task alone is bounded. */
  readonly memory?: TransferMemory;
  /** Without it nothing is spread. */
  readonly chance?: Chance;
};

export type CycleSettings = {
  readonly mode: SyncMode;
  readonly propagateDeletes: boolean;
  readonly conflict: 'copy' | 'version';
  /** Cleaned for file names; goes into the names of conflict copies. */
  readonly deviceName: string;
  /** `YYYY-MM-DD HHmm` in the device's zone; a label, never compared. */
  readonly nowLabel: string;
  readonly names: NameRules;
  /** The task's filter, in gitignore syntax. */
  readonly exclude: readonly string[];
  /** What else leaves files out: the task's types and sizes, and the policy of the enterprise. */
  readonly rules?: readonly Rules[];
  /** Files this task may still hold under LI-2 (all tasks of the device together stay under the limit). */
  readonly maxFiles: number;
  /** New entries that are decided about at once, where there are many more of them. */
  readonly newsAtOnce?: number;
  /** When this machine was started, by its clock (K04). */
  readonly bootedAtMs?: number;
  /** Asked instead where tasks share the room: how many of `wanted` new files may come beside the `held` ones. */
  readonly claimFiles?: (of: { readonly held: number; readonly wanted: number }) => number;
};

export type CyclePhase = 'scanning' | 'syncing';
export type CycleProgress = {
  readonly phase: CyclePhase;
  readonly pending: number;
  readonly pendingBytes: number;
  readonly files: number;
  readonly folders: number;
};

export type CycleRequest = {
  /** What the watcher hinted at; null when the disk need not be read. */
  readonly dirty: DirtyPaths | null;
  readonly pullFeed: boolean;
  /** VE-3: the drive said that there is room again: what waits for some is due. */
  readonly roomFreed?: boolean;
  readonly settings: CycleSettings;
  readonly onProgress: (progress: CycleProgress) => void;
  /** True when hints or nudges wait: transfers of large files give way between packs and go on in the next cycle. */
  readonly yieldNow: () => boolean;
  readonly signal: AbortSignal;
};

/**
 * `hinted`: where something happened on the disk that was not the work of this cycle. `consents`: approved holds that this cycle has
 * looked at everything for, on both sides, since it knew of them (SY-44).
 */
export type RoundRequest = CycleRequest & {
  readonly hinted?: DirtyPaths | null;
  readonly consents?: ReadonlySet<string>;
};

/** Why a cycle planned nothing at all. */
export type CycleStop =
  | { readonly why: 'blocked'; readonly reason: BlockReason; readonly detail: string }
  /** The cloud folder is not visible to this device any more (PE-2). */
  | { readonly why: 'permission' }
  /** No answer from the server; try again later. */
  | { readonly why: 'offline'; readonly detail: string };

export type CycleReport = {
  readonly stop: CycleStop | null;
  /** A task that ran into a wall while executing (quota, disk): other work went on. */
  readonly blocked: BlockReason | null;
  /** Changes known and not carried out yet, and their bytes. */
  readonly pending: number;
  readonly pendingBytes: number;
  readonly failed: number;
  readonly skipped: number;
  readonly holds: number;
  readonly files: number;
  readonly folders: number;
  /** More is to be done at once: new observations came in or operations met a changed state. */
  readonly again: boolean;
  /**
   * Where the disk must be looked at next, because our own work changed what is known of it; null: nowhere. At once with
   * `again`, else at `wakeAtMs` at the latest (SY-38).
   */
  readonly lookAgain: DirtyPaths | null;
  /** When deletes have settled or failed nodes are due, or null. */
  readonly wakeAtMs: number | null;
  readonly lastFullSyncMs: number | null;
  /** SA-5; null: not checked since the last change. */
  readonly verified: boolean | null;
};
