import type { SyncPolicy } from '../model/policy.ts';
import type { SyncMode } from '@tideline/contracts';
import { DEEDS_KEPT_MS, type Deed } from '../ports/journal.ts';
import { MASS_WINDOW_MS, type GuardFacts } from '../safety/guard-facts.ts';
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
    deeds: deedsOf(deps, settings.mode, nowMs),
    holds: journal.holds(),
    looksEncrypted: false,
  };
}

/** The long window of upload mode is for what it sends again only: a day of edits is nothing to read in every cycle. */
function deedsOf({ journal }: CycleDeps, mode: SyncMode, nowMs: number): readonly Deed[] {
  const lately = journal.deedsSince(nowMs - MASS_WINDOW_MS).filter((deed) => deed.kind !== 'sentAgain');
  return mode === 'upload' ? [...lately, ...journal.deedsSince(nowMs - DEEDS_KEPT_MS, 'sentAgain')] : lately;
}

/** Ids for everything a plan brings into being; base ids come from the journal and are never given out twice. */
export function planIds(deps: CycleDeps): { opId(): string; nodeId(): string; baseId(): number } {
  const { ids, journal } = deps;
  return { opId: () => ids.opId(), nodeId: () => ids.nodeId(), baseId: () => journal.allocateIds(1) };
}
