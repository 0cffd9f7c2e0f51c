import type { LocalOp } from '../model/plan.ts';
import { ROOT_ID, type BaseNode, type LocalNode, type StatSig } from '../model/tree.ts';
import { executeDownloads } from './execute-downloads.ts';
import { folderOf, type Execution } from './execution.ts';
import { giveUp, land, notDone } from './land-local.ts';
import { trashLocal } from './trash-local.ts';

export type Download = Extract<LocalOp, { op: 'localDownload' }>;
type Structural = Exclude<LocalOp, Download>;
type Move = Extract<LocalOp, { op: 'localMove' }>;

/**
 * Carries out the disk's half of a plan: folders, moves, set-asides and deletes in the order of the plan, then the downloads,
 * which nothing else waits for. Base moves after the disk did, never before.
 */
export async function executeLocal(ops: readonly LocalOp[], execution: Execution): Promise<void> {
  const downloads: Download[] = [];
  for (const op of ops) {
    if (execution.request.signal.aborted) return;
    if (op.op === 'localDownload') downloads.push(op);
    else if (execution.isReady(op)) await executeStructural(op, execution);
  }
  await executeDownloads(
    downloads.filter((op) => execution.isReady(op)),
    execution,
  );
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
  const result = await execution.deps.disk.makeFolder(path);
  if (result.t !== 'done') return notDone(execution, op, { near: op.parent, path, result });
  const { parent, name, cloud } = op;
  const { sig } = result;
  const row: BaseNode = {
    ...{ id: op.id, parent, localName: name, cloudName: cloud.name, kind: 'folder' },
    ...{ cloudId: cloud.id, rev: cloud.rev, contentId: null, size: null, meta: cloud.meta, sig, state: 'managed' },
  };
  const node: LocalNode = { parent, name, kind: 'folder', sig, content: null, meta: row.meta };
  land(execution, { opId: op.opId, row, node });
}

async function move(op: Move, execution: Execution): Promise<void> {
  const { disk } = execution.deps;
  const staged = stagedName(op);
  const from = execution.live.pathOf(op.key);
  const to = execution.live.childPath(op.parent, op.name);
  if (from === undefined || to === undefined) return giveUp(execution, op, op.key);
  if (op.staged) return moveToStaging(op, from, execution);
  const result = from === staged ? await disk.unstage(staged, to) : await disk.move(from, to, op.expect);
  if (result.t !== 'done') return notDone(execution, op, { near: op.key, path: from, result });
  return moved(op, result.sig, execution);
}

async function moveToStaging(op: Move, from: string, execution: Execution): Promise<void> {
  const result = await execution.deps.disk.moveToStaging(stagedName(op), from, op.expect);
  if (result.t !== 'done') return notDone(execution, op, { near: op.key, path: from, result });
  execution.live.put(op.key, { parent: ROOT_ID, name: stagedName(op) });
  execution.advance({ finished: [op.opId] });
  execution.complete(op.opId);
}

/** A staged node has no place of its own in the tree; its name in the live tree says where it waits. */
function stagedName(op: Move): string {
  return `staged-${op.id}`;
}

function moved(op: Move, found: StatSig, execution: Execution): void {
  const before = execution.rowOf(op.id);
  const was = execution.localNow(op.key);
  if (!was) return giveUp(execution, op, op.key);
  const { opId, parent, name, cloudName } = op;
  // A rename changes the change time, and a chmod just before it would hide behind that: the next scan is to look once more.
  const sig = { ...found, ctimeNs: was.sig.ctimeNs };
  const node = { ...was, parent, name, sig };
  if (!before) return movedUnlinked(op, node, execution);
  const row = { ...before, parent, localName: name, cloudName, sig: isSameData(was, before) ? sig : before.sig };
  land(execution, { opId, row, node });
}

/** The signature in base belongs to content and metadata in base: a file moved and changed must still differ by them. */
function isSameData({ content, meta }: LocalNode, before: BaseNode): boolean {
  const isSameMeta = meta.exec === before.meta.exec && meta.mtimeMs === before.meta.mtimeMs;
  return (content?.contentId ?? null) === before.contentId && (before.kind === 'folder' || isSameMeta);
}

/** A new local file that yielded its name: still new, under another name. */
function movedUnlinked(op: Move, node: LocalNode, execution: Execution): void {
  const sinceMs = execution.decided.local.get(op.key)?.sinceMs ?? execution.deps.clock.nowMs();
  execution.setLocal(op.key, node);
  execution.advance({ finished: [op.opId], local: [{ key: op.key, seen: { t: 'present', node, sinceMs } }] });
  execution.complete(op.opId);
}

async function setAside(op: Extract<LocalOp, { op: 'localSetAside' }>, execution: Execution): Promise<void> {
  const { disk, clock } = execution.deps;
  const from = execution.live.pathOf(op.key);
  const to = execution.live.childPath(op.parent, op.name);
  if (from === undefined || to === undefined) return giveUp(execution, op, op.key);
  const row = execution.rowOf(op.key);
  // Before the rename: from now on nobody may take the file under its new name for the node it was.
  if (row) execution.advance({ rows: [{ ...row, sig: null }] });
  const result = await disk.move(from, to, op.expect);
  if (result.t !== 'done') return notDone(execution, op, { near: op.key, path: from, result });
  execution.rescan.add(folderOf(to));
  const gone = row ? ({ t: 'absent', sinceMs: clock.nowMs() } as const) : ('equal' as const);
  execution.advance({ finished: [op.opId], local: [{ key: op.key, seen: gone }] });
  execution.complete(op.opId);
}

async function setMeta(op: Extract<LocalOp, { op: 'localSetMeta' }>, execution: Execution): Promise<void> {
  const before = execution.rowOf(op.id);
  const was = execution.localNow(op.id);
  const path = execution.live.pathOf(op.id);
  if (path === undefined || !before || !was) return giveUp(execution, op, op.id);
  const result = await execution.deps.disk.setMeta(path, op.expect, op.cloud.meta);
  if (result.t !== 'done') return notDone(execution, op, { near: op.id, path, result });
  const now = { meta: op.cloud.meta, sig: result.sig };
  land(execution, { opId: op.opId, row: { ...before, ...now }, node: { ...was, ...now } });
}
