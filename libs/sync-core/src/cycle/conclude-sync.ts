import type { CycleDeps } from './cycle-types.ts';
import { isSettled, remainingOps, type RoundResult } from './report.ts';
import { verifyInSync } from './verify.ts';

/**
 * What a cycle may claim at its end (SA-5). "Synced" needs a scan of every folder, a feed read to its head and nothing left to
 * do; "verified" needs the server's digest besides. Any work done since takes an earlier verification back.
 */
export async function concludeSync(
  deps: CycleDeps,
  result: RoundResult,
  seen: { readonly scannedAll: boolean; readonly settled: boolean },
): Promise<void> {
  const { journal, clock } = deps;
  if (result.execution.done > 0 || remainingOps(result) > 0) journal.advance({ meta: { verified: null } });
  if (!seen.scannedAll || !seen.settled || result.execution.yielded > 0) return;
  if (remainingOps(result) === result.heldOps + result.execution.failed) {
    journal.advance({ meta: { firstSyncDone: true, recovery: false } });
  }
  if (!isSettled(deps, result)) return;
  const verified = await verifyInSync(deps).catch(() => null); // no answer is no verdict; the sync itself is done
  // A mirror that is wrong is not repaired in silence: the whole listing is read again and compared.
  const remedy = verified === false ? { cursor: null } : {};
  journal.advance({ meta: { lastFullSyncMs: clock.nowMs(), verified, ...remedy } });
}
