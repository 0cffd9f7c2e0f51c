import type { LocalOp } from '../model/plan.ts';
import { ROOT_ID, type BaseId, type CloudId } from '../model/tree.ts';
import type { Execution } from './execution.ts';
import { giveUp, notDone } from './land-local.ts';

type Trash = Extract<LocalOp, { op: 'localTrash' }>;

/**
 * A node that was deleted in the cloud goes to the OS trash (BI-3): files one by one, each verified to be the bytes that the
 * cloud holds, then the folders from the inside out. What changed meanwhile stays, and keeps its folders.
 */
export async function trashLocal(op: Trash, execution: Execution): Promise<void> {
  const { journal } = execution.deps;
  // Nothing is deleted while what was done before cannot be written down (K08).
  execution.flush();
  const gone: BaseId[] = [];
  let files = 0;
  for (const id of [...op.ids].reverse()) {
    const kind = journal.base.get(id)?.kind;
    const done = kind === 'file' ? await trashFile(op, id, execution) : await removeFolder(op, id, execution);
    if (!done) break;
    gone.push(id);
    if (kind === 'file') files += 1;
  }
  const complete = gone.length === op.ids.length;
  const nodes = topmostGone(op.id, execution);
  execution.settled(op, { t: 'removed', ids: gone.reverse() });
  if (files > 0) execution.noteDeed(op.opId, 'trashedHere', { nodes, files });
  if (complete) execution.complete(op.opId);
}

/** What lies in the recycle bin by itself: the node, or the folder above it that it went with. */
function topmostGone(id: BaseId, { deps, decided }: Execution): readonly CloudId[] {
  const { base } = deps.journal;
  let topmost: CloudId | undefined;
  for (let row = base.get(id); row && row.id !== ROOT_ID; row = base.get(row.parent)) {
    if (decided.cloud.get(row.cloudId)?.t === 'absent') topmost = row.cloudId;
  }
  return topmost === undefined ? [] : [topmost];
}

async function trashFile(op: Trash, id: BaseId, execution: Execution): Promise<boolean> {
  const path = execution.live.pathOf(id);
  const node = execution.localNow(id);
  if (path === undefined || !node) {
    giveUp(execution, op, id);
    return false;
  }
  const result = await execution.deps.disk.trashFile(`${op.opId}-${id}`, path, node.sig);
  if (result.t !== 'done') notDone(execution, op, { near: id, path, result });
  return result.t === 'done';
}

async function removeFolder(op: Trash, id: BaseId, execution: Execution): Promise<boolean> {
  const path = execution.live.pathOf(id);
  if (path === undefined) {
    giveUp(execution, op, id);
    return false;
  }
  const result = await execution.deps.disk.removeFolder(path);
  if (result.t !== 'done') notDone(execution, op, { near: id, path, result });
  return result.t === 'done';
}
