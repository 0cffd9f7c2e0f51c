import type { BlockReason, ProblemCode } from '@tideline/contracts';
import type { Plan } from '../model/plan.ts';
import type { StoredProblem } from '../ports/journal.ts';
import type { DirtyPaths } from '../ports/scanner.ts';
import type { CycleDeps, CycleReport, CycleStop } from './cycle-types.ts';
import type { Execution } from './execution.ts';

/** What one round of observing, deciding and acting came to. */
export type RoundResult = {
  readonly execution: Execution;
  /** Before the guards took out what must wait. */
  readonly decided: Plan;
  readonly heldOps: number;
  readonly wakeAtMs: number | null;
  /** The whole disk was looked at; what in it could not be read is a problem each. */
  readonly scannedAll: boolean;
  /** Where our own work calls to look again: on the disk, and in the cloud. Null: nowhere, and nothing is left to decide. */
  readonly look: Look | null;
};

export type Look = { readonly dirty: DirtyPaths | null; readonly pullFeed: boolean };
/** A round that planned nothing, or could not go on. */
export type StoppedRound = { readonly stop: CycleStop; readonly lookAgain: DirtyPaths | null };

/** A round that met nothing new and moved nothing waits this long before it is tried again. */
const STALLED_RETRY_MS = 2000;

export function remainingOps(result: RoundResult): number {
  return result.decided.local.length + result.decided.cloud.length - result.execution.done;
}

/** Operations that a problem stands for: they failed now or before, or need one that did. */
export function failedOps({ execution }: RoundResult): number {
  return execution.failed + execution.deferred + execution.unready;
}

export function isSettled(deps: CycleDeps, result: RoundResult): boolean {
  return remainingOps(result) === 0 && deps.journal.problems().length === 0 && deps.journal.holds().length === 0;
}

export function reportOf(deps: CycleDeps, result: RoundResult): CycleReport {
  const { execution, look } = result;
  const problems = deps.journal.problems();
  const nowMs = deps.clock.nowMs();
  const progressed = execution.done + execution.doneBefore > 0 || execution.yielded > 0;
  const isStalled = look !== null && !progressed;
  return {
    ...standing(deps, problems.length),
    stop: null,
    blocked: execution.blocked ?? wallOf(problems),
    pending: Math.max(0, remainingOps(result) - result.heldOps - failedOps(result)),
    pendingBytes: pendingBytes(result),
    again: (look !== null && progressed) || execution.yielded > 0,
    lookAgain: look?.dirty ?? null,
    wakeAtMs: soonest([...retries(problems, nowMs), result.wakeAtMs, isStalled ? nowMs + STALLED_RETRY_MS : null]),
  };
}

/** A wall stands until what ran into it got through. */
function wallOf(problems: readonly StoredProblem[]): CycleReport['blocked'] {
  const walls = problems.map(({ code }) => WALLS[code]);
  return walls.find((wall) => wall !== undefined) ?? null;
}

const WALLS: Partial<Record<ProblemCode, BlockReason>> = {
  QUOTA: 'quota',
  DISK_FULL: 'disk',
  DISK_READ_ONLY: 'disk',
};

function retries(problems: readonly StoredProblem[], nowMs: number): number[] {
  return problems.map((problem) => problem.retryAtMs).filter((atMs) => atMs > nowMs);
}

/** As many as there are problems: too many for the arguments of one call. */
function soonest(moments: readonly (number | null)[]): number | null {
  return moments.reduce((first, atMs) => (atMs !== null && atMs < (first ?? Infinity) ? atMs : first), null);
}

/** Nothing was planned: what is known to differ waits. */
export function stoppedReport(deps: CycleDeps, { stop, lookAgain }: StoppedRound): CycleReport {
  const pending = deps.journal.localOverlay().size;
  return {
    ...standing(deps, deps.journal.problems().length),
    stop,
    blocked: stop.why === 'blocked' ? stop.reason : null,
    pending,
    pendingBytes: 0,
    again: false,
    lookAgain,
    wakeAtMs: null,
  };
}

function standing(
  deps: CycleDeps,
  failed: number,
): Pick<CycleReport, 'failed' | 'skipped' | 'holds' | 'files' | 'folders' | 'lastFullSyncMs' | 'verified'> {
  const { folders, skipped, lastFullSyncMs, verified } = deps.journal.meta();
  return {
    failed,
    skipped,
    // What was approved waits for nobody any more: it is work that is left.
    holds: deps.journal.holds().filter((hold) => hold.answer !== 'approved').length,
    files: deps.journal.base.fileCount(),
    folders,
    lastFullSyncMs,
    verified,
  };
}

function pendingBytes(result: RoundResult): number {
  if (remainingOps(result) === 0) return 0;
  let bytes = 0;
  for (const op of result.decided.cloud) if (op.op === 'cloudUpload') bytes += op.content.size;
  for (const op of result.decided.local) if (op.op === 'localDownload') bytes += op.cloud.size ?? 0;
  return Math.max(0, bytes - result.execution.doneBytes);
}
