import type { LocalOp } from '../model/plan.ts';
import { ROOT_ID, type BaseId, type CloudId, type LocalKey } from '../model/tree.ts';
import type { RelativePath } from '../ports/disk.ts';
import type { Execution } from './execution.ts';
import { notDone, type Refused } from './land-local.ts';

type Trash = Extract<LocalOp, { op: 'localTrash' }>;

/**
 * A node that was deleted in the cloud goes to the OS trash (BI-3): files one by one, each verified to be the bytes that the
 * cloud holds, then the folders from the inside out. What changed meanwhile, or holds what is not synced, stays and keeps its
 * folders; what is beside it goes all the same.
 */
export async function trashLocal(op: Trash, execution: Execution): Promise<void> {
  const { journal } = execution.deps;
  // Nothing is deleted while what was done before cannot be written down (K08).
  execution.flush();
  const { gone, left } = await removeAll(op, execution);
  const files = gone.filter((id) => journal.base.get(id)?.kind === 'file').length;
  const nodes = topmostGone(op.id, execution);
  execution.settled(op, { t: 'removed', ids: [...gone].reverse() });
  if (files > 0) execution.noteDeed(op.opId, 'trashedHere', { nodes, files });
  if (left) notDone(execution, op, left);
  else execution.complete(op.opId);
}

type Removed = { readonly gone: readonly BaseId[]; readonly left: Refused | null };

/**
 * From the inside out, but for the folders that hold what could not be removed. An operation has one problem, that of the first; the
 * others are tried again with that one. It is over only when nothing more is moved on its behalf: so a crash can tell what was.
 */
async function removeAll(op: Trash, execution: Execution): Promise<Removed> {
  const gone: BaseId[] = [];
  const staying = new Set<LocalKey>();
  let left: Refused | null = null;
  for (const id of [...op.ids].reverse()) {
    const parent = execution.localNow(id)?.parent ?? op.id;
    const refused = staying.has(id) ? null : await remove(op, id, execution);
    if (refused?.result.t === 'changed') execution.noteRescan(id);
    left ??= refused;
    if (refused || staying.has(id)) staying.add(id).add(parent);
    else gone.push(id);
  }
  return { gone, left };
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

async function remove(op: Trash, id: BaseId, execution: Execution): Promise<Refused | null> {
  const { disk, journal } = execution.deps;
  const isFile = journal.base.get(id)?.kind === 'file';
  const path = execution.live.pathOf(id);
  const sig = execution.localNow(id)?.sig;
  const trash = (at: RelativePath) => (sig ? disk.trashFile(`${op.opId}-${id}`, at, sig) : CHANGED);
  const result =
    path === undefined ? CHANGED : await (isFile ? trash(path) : disk.removeFolder(path, execution.folderNow(id)));
  return result.t === 'done' ? null : { near: id, path: path ?? '', result };
}

const CHANGED = { t: 'changed' } as const;
