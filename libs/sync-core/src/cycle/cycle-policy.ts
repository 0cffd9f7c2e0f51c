import type { SyncPolicy } from '../model/policy.ts';
import type { CycleDeps, CycleRequest } from './cycle-types.ts';

/** Everything a decision may depend on besides the trees, fixed for the round. */
export function cyclePolicy(deps: CycleDeps, request: CycleRequest): SyncPolicy {
  const { firstSyncDone, recovery } = deps.journal.meta();
  const { mode, propagateDeletes, conflict, deviceName, nowLabel, names } = request.settings;
  return {
    mode,
    propagateDeletes,
    conflict,
    deviceName,
    nowLabel,
    names,
    firstSync: !firstSyncDone,
    recovery,
    nowMs: deps.clock.nowMs(),
  };
}
