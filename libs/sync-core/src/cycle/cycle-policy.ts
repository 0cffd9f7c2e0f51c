import type { SyncPolicy } from '../model/policy.ts';
import { DEEDS_KEPT_MS } from '../ports/journal.ts';
import type { GuardFacts } from '../safety/guard-facts.ts';
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

export function guardFacts(deps: CycleDeps, { settings }: CycleRequest, observedFromMs: number): GuardFacts {
  const { journal, clock } = deps;
  const nowMs = clock.nowMs();
  return {
    base: journal.base,
    mode: settings.mode,
    nowMs,
    observedFromMs,
    deeds: journal.deedsSince(nowMs - DEEDS_KEPT_MS),
    holds: journal.holds(),
    looksEncrypted: false,
  };
}

/** Ids for everything a plan brings into being; base ids come from the journal and are never given out twice. */
export function planIds(deps: CycleDeps): { opId(): string; nodeId(): string; baseId(): number } {
  const { ids, journal } = deps;
  return { opId: () => ids.opId(), nodeId: () => ids.nodeId(), baseId: () => journal.allocateIds(1) };
}
