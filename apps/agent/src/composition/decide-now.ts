import { applyFilter, compileRules, decide, type Decision, type PlanIds } from '@tideline/sync-core';
import type { SyncTask } from '../tasks/sync-task.ts';
import { toCycleSettings } from './cycle-settings.ts';
import { clock, newId } from './surroundings.ts';

/** What the engine would decide from what is known now; nothing is carried out and no id is used up. */
export function createDecider(deviceName: string): (task: SyncTask) => readonly Decision[] {
  return (task) => {
    const journal = task.getJournal();
    const { firstSyncDone, recovery } = journal.meta();
    const surroundings = { deviceName, platform: process.platform, now: new Date(), maxFiles: Infinity };
    const settings = toCycleSettings(task.record, surroundings);
    const seen = { base: journal.base, local: journal.localOverlay(), cloud: journal.cloudOverlay() };
    const trees = applyFilter(seen, compileRules(settings.rules ?? [], settings.names), settings.mode);
    const policy = { ...settings, firstSync: !firstSyncDone, recovery, nowMs: clock.nowMs() };
    return decide(trees, policy, unusedIds()).decisions;
  };
}

function unusedIds(): PlanIds {
  // Far above what a journal ever gives out.
  let baseId = 2 ** 50;
  return { opId: newId, nodeId: newId, baseId: () => ++baseId };
}
