import { AppError, NodeId, OpId, type BatchOp } from '@tideline/contracts';
import { ROOT_ID, type BaseId, type CloudId, type Journal, type StoredHold } from '@tideline/sync-core';
import type { Server } from './server.ts';
import type { TaskRecord } from './task-record.ts';

export type RestoreHoldDeps = {
  readonly journal: Journal;
  readonly record: Pick<TaskRecord, 'spaceId'>;
  readonly server: Pick<Server, 'commit'>;
  readonly newId: () => string;
};

/**
 * GU-1, the answer *restore*: what waits to be deleted on one side is brought back on the other. Must not run during a cycle.
 * Repeatable: what is back already is no hindrance.
 */
export async function restoreHold(deps: RestoreHoldDeps, hold: StoredHold): Promise<void> {
  if (hold.kind === 'mass_delete_local') await restoreInCloud(deps, hold);
  else forgetDeleted(deps.journal, hold);
  deps.journal.answerHold(hold.holdId, 'restored');
}

/** Deleted here, still in the cloud: without its rows in base it is new in the cloud and comes down again. */
function forgetDeleted(journal: Journal, hold: StoredHold): void {
  const known = hold.ids.filter((id) => id !== ROOT_ID && journal.base.get(id) !== undefined);
  // A full listing, because the cloud nodes without rows are not told by the feed again.
  journal.advance({ forget: known, meta: { cursor: null } });
}

const MAX_OPS = 500;

/** Deleted in the cloud, still here: taken out of the recycle bin with its id and versions. */
async function restoreInCloud({ journal, record, server, newId }: RestoreHoldDeps, hold: StoredHold): Promise<void> {
  const nodeIds = findTrashed(journal, hold.ids);
  for (let at = 0; at < nodeIds.length; at += MAX_OPS) {
    const ops = nodeIds.slice(at, at + MAX_OPS).map((nodeId): BatchOp => {
      return { kind: 'restore', opId: OpId.parse(newId()), nodeId: NodeId.parse(nodeId) };
    });
    const { outcomes } = await server.commit(record.spaceId, ops);
    for (const outcome of outcomes) {
      if (outcome.status === 'refused' && outcome.code !== 'NOT_TRASHED') throw new AppError(outcome.code);
    }
  }
}

/** The topmost deleted node above each: what lies below it comes back with it. */
function findTrashed(journal: Journal, ids: readonly BaseId[]): CloudId[] {
  const { base } = journal;
  const cloud = journal.cloudOverlay();
  const found = new Set<CloudId>();
  for (const id of ids) {
    let topmost: CloudId | undefined;
    for (let row = base.get(id); row && row.id !== ROOT_ID; row = base.get(row.parent)) {
      if (cloud.get(row.cloudId)?.t === 'absent') topmost = row.cloudId;
    }
    if (topmost !== undefined) found.add(topmost);
  }
  return [...found];
}
