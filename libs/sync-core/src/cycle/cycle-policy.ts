import type { SyncPolicy } from '../model/policy.ts';
import { MASS_DELETE_WINDOW_MS, type GuardFacts } from '../safety/guard-plan.ts';
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

export function guardFacts(deps: CycleDeps, observedFromMs: number): GuardFacts {
  const { journal, clock } = deps;
  const nowMs = clock.nowMs();
  return {
    base: journal.base,
    observedFromMs,
    deletedRecently: journal.deletedSince(nowMs - MASS_DELETE_WINDOW_MS),
    holds: journal.holds(),
  };
}

/** Ids for everything a plan brings into being; base ids come from the journal and are never given out twice. */
export function planIds(deps: CycleDeps): { opId(): string; nodeId(): string; baseId(): number } {
  const { ids, journal } = deps;
  return { opId: () => ids.opId(), nodeId: () => ids.nodeId(), baseId: () => journal.allocateIds(1) };
}
