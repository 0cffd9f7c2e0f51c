import type { AppError } from '@tideline/contracts';
import { BatchOp } from '@tideline/contracts';
import { ROOT_ID, type BaseId, type BaseNode, type CloudId } from '../model/tree.ts';
import type { Advance, StoredHold } from '../ports/journal.ts';
import { letGo } from '../safety/let-go.ts';
import type { CycleDeps, CycleSettings } from './cycle-types.ts';
import { createLiveTree } from './live-tree.ts';
import { sample } from './sample-changes.ts';

/** GU-1: nobody answered for so long: the files stay. */
export const HOLD_EXPIRES_MS = 7 * 24 * 60 * 60 * 1000;

/**
 * Carries out what was answered to holds, other than letting the work go on, which is the plan's. May be cut short at any line
 * and is then begun again: an answer ends only together with what it led to. True when both sides must be looked at anew.
 */
export async function answerHolds(deps: CycleDeps, settings: CycleSettings): Promise<boolean> {
  const { journal, clock } = deps;
  for (const hold of journal.holds()) if (isExpired(hold, clock.nowMs())) journal.answerHold(hold.holdId, 'kept');
  let changed = false;
  for (const hold of journal.holds()) {
    const step = await carryOut(hold, deps, settings);
    if (!step) continue;
    journal.advance({ ...step, endHolds: [hold.holdId] });
    changed = true;
  }
  return changed;
}

function isExpired({ kind, answer, sinceMs }: StoredHold, nowMs: number): boolean {
  const isDelete = kind === 'mass_delete_cloud' || kind === 'mass_delete_local';
  return isDelete && answer === null && nowMs - sinceMs >= HOLD_EXPIRES_MS;
}

async function carryOut(hold: StoredHold, deps: CycleDeps, settings: CycleSettings): Promise<Advance | null> {
  const isUndone = hold.answer === 'restored' || hold.answer === 'kept';
  switch (hold.kind) {
    case 'mass_delete_cloud':
      return isUndone ? undoDeletedHere(hold, deps, settings) : null;
    case 'mass_delete_local':
      return isUndone ? undoDeletedThere(hold, deps) : null;
    case 'mass_change':
      return isUndone ? undoRewritten(hold, deps, settings) : null;
    case 'reupload_loop':
      // Approved: it is sent again, up to as many times more. There is nothing to bring back.
      return hold.answer === null ? null : { forgetDeeds: ['sentAgain'] };
  }
}

/** Deleted here, still in the cloud: no longer known as deleted, it is new from there. Upload mode never writes to its disk. */
async function undoDeletedHere(hold: StoredHold, deps: CycleDeps, { mode }: CycleSettings): Promise<Advance> {
  const { journal } = deps;
  await bringBackGone(hold, deps);
  const absent = hold.ids.filter((id) => journal.localOverlay().get(id)?.t === 'absent');
  const trees = { base: journal.base, cloud: journal.cloudOverlay() };
  const undone = mode === 'upload' ? { rows: detached(absent, deps) } : letGo(trees, absent);
  return { ...undone, forgetDeeds: ['trashedInCloud'], meta: lookAgain(hold) };
}

function detached(ids: readonly BaseId[], { journal }: CycleDeps): BaseNode[] {
  return ids.flatMap((id) => journal.base.get(id) ?? []).map((row) => ({ ...row, state: 'detached' }));
}

/** Deleted in the cloud, still here: taken out of the recycle bin. What is not there any more is new from here. */
async function undoDeletedThere(hold: StoredHold, deps: CycleDeps): Promise<Advance> {
  const { journal } = deps;
  await bringBackGone(hold, deps);
  const rows = fromAbove(hold.ids, deps).filter((row) => journal.cloudOverlay().get(row.cloudId)?.t === 'absent');
  const lost = await restoreNodes(
    rows.map((row) => row.cloudId),
    deps,
  );
  const trees = { base: journal.base, cloud: journal.cloudOverlay() };
  const {
    forget = [],
    local = [],
    cloud = [],
  } = letGo(
    trees,
    rows.filter((row) => lost.has(row.cloudId)).map((row) => row.id),
  );
  // Until the listing tells, nothing of it counts as deleted any more.
  const back = rows.filter((row) => !lost.has(row.cloudId)).map((row) => ({ id: row.cloudId, seen: 'equal' as const }));
  return { forget, local, cloud: [...cloud, ...back], forgetDeeds: ['trashedHere'], meta: { cursor: null } };
}

/** GU-1: restore also brings back what the window had deleted before the mass showed. */
async function bringBackGone({ answer, gone = [] }: StoredHold, deps: CycleDeps): Promise<void> {
  if (answer === 'restored') await restoreNodes(gone, deps);
}

function lookAgain({ answer, gone = [] }: StoredHold): { cursor?: null } {
  return answer === 'restored' && gone.length > 0 ? { cursor: null } : {};
}

/**
 * Rewritten here: the cloud's content comes back. What was written here goes to the trash if it looks encrypted; everything else
 * may be somebody's work since, and stays beside it as a conflict copy.
 */
async function undoRewritten(hold: StoredHold, deps: CycleDeps, { mode }: CycleSettings): Promise<Advance> {
  // Upload mode writes nothing here (SA-3): it asks once more.
  if (mode === 'upload') return {};
  const { journal, disk, ids } = deps;
  const overlay = journal.localOverlay();
  const live = createLiveTree(journal.base, overlay);
  const rewritten = hold.ids.flatMap((id) => {
    const seen = overlay.get(id);
    const path = live.pathOf(id);
    return seen?.t === 'present' && path !== undefined ? [{ id, path, sig: seen.node.sig }] : [];
  });
  const known = rewritten.map(({ id }) => id);
  // Before anything moves: whatever is not in base cannot be taken for deleted here.
  journal.advance(letGo({ base: journal.base, cloud: journal.cloudOverlay() }, known));
  for (const { path, sig } of rewritten) {
    if ((await sample(path, sig, deps)) === 'encrypted') await disk.trashFile(ids.opId(), path, sig);
  }
  return {};
}

const MAX_OPS = 500;

/** Answers what could not be taken out of the recycle bin. What is not in it is where it belongs already. */
async function restoreNodes(cloudIds: readonly CloudId[], { cloud, ids }: CycleDeps): Promise<ReadonlySet<CloudId>> {
  const lost = new Set<CloudId>();
  for (let at = 0; at < cloudIds.length; at += MAX_OPS) {
    const page = cloudIds.slice(at, at + MAX_OPS);
    const ops = page.map((nodeId) => BatchOp.parse({ kind: 'restore', opId: ids.opId(), nodeId }));
    const { outcomes } = await cloud.commit({ atomic: false, ops, inline: [] });
    const byOp = new Map<string, AppError['code'] | null>(
      outcomes.map((outcome) => [outcome.opId, outcome.status === 'refused' ? outcome.code : null]),
    );
    for (const { opId, nodeId } of ops) {
      const code = byOp.get(opId);
      if (code !== null && code !== 'NOT_TRASHED') lost.add(nodeId);
    }
  }
  return lost;
}

/** Folders before what they hold: a folder that comes back brings along what went with it. */
function fromAbove(holdIds: readonly BaseId[], { journal }: CycleDeps): readonly BaseNode[] {
  const { base } = journal;
  const depthOf = (row: BaseNode): number => {
    let depth = 0;
    for (let at = base.get(row.id); at && at.id !== ROOT_ID; at = base.get(at.parent)) depth += 1;
    return depth;
  };
  const rows = holdIds.flatMap((id) => base.get(id) ?? []).map((row) => ({ row, depth: depthOf(row) }));
  return rows.sort((a, b) => a.depth - b.depth).map(({ row }) => row);
}
