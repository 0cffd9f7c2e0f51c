import type { ProblemCode } from '@tideline/contracts';
import type { Rules } from '@tideline/sync-core/filter';
import type { BaseId, LocalKey, LocalNode, Observed } from '@tideline/sync-core';

export type ScanTarget = {
  readonly root: string;
  readonly journalPath: string;
  readonly rules: readonly Rules[];
  /** Where clones of files go that never rest. */
  readonly clones: string;
};

/** `abort[0]` becomes 1 when the scan is to stop. */
export type ScanRequest =
  | {
      readonly t: 'scan';
      readonly id: number;
      readonly target: ScanTarget;
      readonly dirty: 'all' | readonly string[];
      /** What the task's clock is ahead of this machine's. */
      readonly aheadMs: number;
      readonly abort: Int32Array;
    }
  /** The journal is about to be closed: let go of its file. */
  | { readonly t: 'forget'; readonly journalPath: string };
export type RunScan = Extract<ScanRequest, { t: 'scan' }>;

export type SeenEntry = readonly [LocalKey, Observed<LocalNode>];

export type ScanSummary = {
  readonly full: boolean;
  readonly listed: readonly BaseId[];
  readonly files: number;
  readonly folders: number;
  readonly skipped: number;
  readonly unreadable: readonly { readonly path: string; readonly code: ProblemCode }[];
};

/** Differences travel in batches, then one summary; or the scan ends by an abort or a failure. */
export type ScanReply =
  | {
      readonly id: number;
      readonly t: 'seen';
      readonly entries: readonly SeenEntry[];
      readonly withdrawn: readonly LocalKey[];
    }
  | { readonly id: number; readonly t: 'done'; readonly summary: ScanSummary }
  /** The root was taken away or replaced while it was read: nothing that was seen counts. */
  | { readonly id: number; readonly t: 'rootLost' }
  | { readonly id: number; readonly t: 'aborted' }
  | { readonly id: number; readonly t: 'failed'; readonly message: string };
