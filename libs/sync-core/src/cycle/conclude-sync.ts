import type { TaskMeta } from '../ports/journal.ts';
import type { CycleDeps } from './cycle-types.ts';
import { leavesOutOfSight } from './left-out-of-sight.ts';
import { failedOps, isSettled, remainingOps, type RoundResult } from './report.ts';
import { verifyInSync } from './verify.ts';

/**
 * What a cycle may claim at its end (SA-5). "Synced" needs a scan of every folder, a feed read to its head and nothing left to
 * do; "verified" needs the server's digest besides. Any work done or found since takes an earlier verification back.
 * Answers whether a phase ended: its decision put deletes off (SY-15), and only the next one says whether anything is left.
 */
export async function concludeSync(deps: CycleDeps, result: RoundResult, seen: Seen): Promise<boolean> {
  const { clock } = deps;
  const isCertain = isSettled(deps, result) && !result.decided.waits && !hasUnknown(deps);
  const { done, doneBefore } = result.execution;
  if (done + doneBefore > 0 || !isCertain) withdrawVerdict(deps);
  if (!isWholeLook(seen, result)) return false;
  if (endPhases(deps, result)) return true;
  // No answer is no verdict; the sync itself is done.
  const isMirrorRight = await verifyInSync(deps).catch(() => null);
  // What nobody can read or see is not known to be equal.
  const verified = isCertain ? isMirrorRight : null;
  const claim = isSettled(deps, result) ? { lastFullSyncMs: clock.nowMs(), verified } : null;
  noteVerdict(deps, { claim, isMirrorRight });
  return false;
}

type Verdict = {
  readonly claim: Pick<TaskMeta, 'lastFullSyncMs' | 'verified'> | null;
  readonly isMirrorRight: boolean | null;
};

/** A mirror that is wrong is not repaired in silence: the whole listing is read again and compared. */
function noteVerdict({ journal }: CycleDeps, { claim, isMirrorRight }: Verdict): void {
  const lookAnew = isMirrorRight === false ? { cursor: null } : null;
  if (claim ?? lookAnew) journal.advance({ meta: { ...claim, ...lookAnew } });
}

type Seen = { readonly scannedAll: boolean; readonly feedRead: boolean; readonly settled: boolean };

function isWholeLook({ scannedAll, feedRead, settled }: Seen, { execution }: RoundResult): boolean {
  return scannedAll && feedRead && settled && execution.yielded === 0;
}

/**
 * The first sync ends when nothing is left but what waits for a person or failed. Recovery lasts until nothing is left at all
 * (FI-4): whatever was not brought back yet would be taken for deleted by the next decision.
 */
function endPhases(deps: CycleDeps, result: RoundResult): boolean {
  const { journal } = deps;
  const { firstSyncDone, recovery } = journal.meta();
  const left = remainingOps(result);
  const endsFirstSync = !firstSyncDone && left === result.heldOps + failedOps(result);
  const endsRecovery = recovery && left === 0 && !leavesOutOfSight(deps);
  if (endsFirstSync) journal.advance({ meta: { firstSyncDone: true } });
  if (endsRecovery) journal.advance({ meta: { recovery: false } });
  return endsFirstSync || endsRecovery;
}

function withdrawVerdict({ journal }: CycleDeps): void {
  if (journal.meta().verified !== null) journal.advance({ meta: { verified: null } });
}

function hasUnknown({ journal }: CycleDeps): boolean {
  const { local, cloud } = journal.notPresent();
  return local.some(([, { t }]) => t === 'unknown') || cloud.some(([, { t }]) => t === 'unknown');
}
