import type { LocalOp } from '../model/plan.ts';
import { ROOT_ID, type StatSig } from '../model/tree.ts';
import { executeDownloads } from './execute-downloads.ts';
import type { Execution } from './execution.ts';
import { Exchanges } from './exchanges.ts';
import { giveUp, land, notDone } from './land-local.ts';
import { isPutOff } from './put-off.ts';
import { trashLocal } from './trash-local.ts';

export type Download = Extract<LocalOp, { op: 'localDownload' }>;
type Structural = Exclude<LocalOp, Download>;
export type Move = Extract<LocalOp, { op: 'localMove' }>;

/**
 * Carries out the disk's half of a plan: folders, moves, set-asides and deletes in the order of the plan, then the downloads,
 * which nothing else waits for. Base moves after the disk did, never before.
 */
export async function executeLocal(ops: readonly LocalOp[], execution: Execution): Promise<void> {
  const downloads: Download[] = [];
  const exchanges = new Exchanges(ops, execution);
  for (const op of ops) {
    if (execution.mustStop) break;
    if (op.op === 'localDownload') downloads.push(op);
    else if (isPutOff(op, execution)) execution.putOff(op);
    else if (!exchanges.mayBegin(op)) execution.leaveOut(op);
    else if (execution.isReady(op)) await executeStructural(op, execution);
  }
  await bringBackStaged(execution);
  if (execution.mustStop) return;
  await executeDownloads(
    downloads.filter((op) => execution.isReady(op)),
    execution,
  );
}

/** A node whose second half of an exchange was not carried out must not stay hidden: out of sight it would look deleted. */
async function bringBackStaged(execution: Execution): Promise<void> {
  const { disk, journal } = execution.deps;
  if (execution.staged.size === 0) return;
  execution.flush();
  await disk.recover(new Set(journal.unfinished().flatMap((op) => ('opId' in op ? [op.opId] : []))));
  execution.done -= execution.staged.size; // what had to come back is no progress, or the same would be tried without end
  execution.staged.clear();
  execution.lookEverywhere = true;
}

async function executeStructural(op: Structural, execution: Execution): Promise<void> {
  switch (op.op) {
    case 'localMakeFolder':
      return makeFolder(op, execution);
    case 'localMove':
      return move(op, execution);
    case 'localSetAside':
      return setAside(op, execution);
    case 'localSetMeta':
      return setMeta(op, execution);
    case 'localTrash':
      return trashLocal(op, execution);
  }
}

async function makeFolder(op: Extract<LocalOp, { op: 'localMakeFolder' }>, execution: Execution): Promise<void> {
  const path = execution.live.childPath(op.parent, op.name);
  if (path === undefined) return giveUp(execution, op, op.parent);
  const result = await execution.deps.disk.makeFolder(path, execution.folderNow(op.parent));
  if (result.t !== 'done') return notDone(execution, op, { near: op.parent, path, result });
  const { parent, name, cloud } = op;
  land(execution, op, { parent, name, kind: 'folder', sig: result.sig, content: null, meta: cloud.meta });
}

async function move(op: Move, execution: Execution): Promise<void> {
  const { disk } = execution.deps;
  const staged = stagedName(op);
  const from = execution.live.pathOf(op.key);
  if (from === undefined) return giveUp(execution, op, op.key);
  if (op.staged) return moveToStaging(op, from, execution); // its folder may not be there yet
  const to = execution.live.childPath(op.parent, op.name);
  if (to === undefined) return giveUp(execution, op, op.key);
  const into = execution.folderNow(op.parent);
  const result =
    from === staged ? await disk.unstage(staged, to, into) : await disk.move(from, to, { expect: op.expect, into });
  if (from === staged && result.t === 'done') execution.staged.delete(op.key);
  if (result.t !== 'done') return notDone(execution, op, { near: op.key, path: from === staged ? to : from, result });
  execution.succeed(from);
  return moved(op, result.sig, execution);
}

async function moveToStaging(op: Move, from: string, execution: Execution): Promise<void> {
  const result = await execution.deps.disk.moveToStaging(stagedName(op), from, op.expect);
  if (result.t !== 'done') return notDone(execution, op, { near: op.key, path: from, result });
  execution.staged.add(op.key);
  execution.live.put(op.key, { parent: ROOT_ID, name: stagedName(op) });
  execution.advance({ finished: [op.opId] });
  execution.complete(op.opId);
}

/** A staged node has no place of its own in the tree; its name in the live tree says where it waits. */
function stagedName(op: Move): string {
  return `staged-${op.id}`;
}

function moved(op: Move, found: StatSig, execution: Execution): void {
  const was = execution.localNow(op.key);
  if (!was) return giveUp(execution, op, op.key);
  // A rename changes the change time, and a chmod just before it would hide behind that: the next scan is to look once more.
  const sig = { ...found, ctimeNs: was.sig.ctimeNs };
  land(execution, op, { ...was, parent: op.parent, name: op.name, sig });
}

async function setAside(op: Extract<LocalOp, { op: 'localSetAside' }>, execution: Execution): Promise<void> {
  const { disk } = execution.deps;
  const from = execution.live.pathOf(op.key);
  const to = execution.live.childPath(op.parent, op.name);
  if (from === undefined || to === undefined) return giveUp(execution, op, op.key);
  const row = execution.rowOf(op.key);
  // Before the rename: from now on nobody may take the file under its new name for the node it was.
  if (row) execution.advance({ rows: [{ ...row, sig: null }] });
  const result = await disk.move(from, to, { expect: op.expect, into: execution.folderNow(op.parent) });
  if (result.t !== 'done') {
    // Base has let go of what it knew of the file: until it was looked at, nobody can tell whether it changed.
    execution.noteRescan(op.key);
    return notDone(execution, op, { near: op.key, path: from, result });
  }
  execution.succeed(from);
  execution.noteRescanIn(op.parent);
  execution.settled(op, { t: 'done' });
  execution.complete(op.opId);
}

async function setMeta(op: Extract<LocalOp, { op: 'localSetMeta' }>, execution: Execution): Promise<void> {
  const was = execution.localNow(op.id);
  const path = execution.live.pathOf(op.id);
  if (path === undefined || !was) return giveUp(execution, op, op.id);
  const result = await execution.deps.disk.setMeta(path, op.expect, op.cloud.meta);
  if (result.t !== 'done') return notDone(execution, op, { near: op.id, path, result });
  land(execution, op, { ...was, meta: op.cloud.meta, sig: result.sig });
}
