import type { LocalOp } from '../model/plan.ts';
import { ROOT_ID, type BaseNode, type LocalNode } from '../model/tree.ts';
import type { DiskResult } from '../ports/disk.ts';
import type { Advance } from '../ports/journal.ts';
import { presentCloud } from './cloud-node.ts';
import { executeDownloads } from './execute-downloads.ts';
import { noteRescan, type Execution } from './execution.ts';
import { trashLocal } from './trash-local.ts';

export type Download = Extract<LocalOp, { op: 'localDownload' }>;
type Structural = Exclude<LocalOp, Download>;

/**
 * Carries out the disk's half of a plan: folders, moves, set-asides and deletes in the order of the plan, then the downloads,
 * which nothing else waits for. Base moves after the disk did, never before.
 */
export async function executeLocal(ops: readonly LocalOp[], execution: Execution): Promise<void> {
  for (const op of ops) {
    if (execution.request.signal.aborted) return;
    if (op.op !== 'localDownload' && execution.isReady(op)) await executeStructural(op, execution);
  }
  await executeDownloads(
    ops.filter((op) => op.op === 'localDownload' && execution.isReady(op)) as Download[],
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
  if (path === undefined) return giveUp(op, op.parent, execution);
  const made = await execution.deps.disk.makeFolder(path);
  if (made.t !== 'done') return notDone(op, op.parent, made, path, execution);
  const row: BaseNode = {
    id: op.id,
    parent: op.parent,
    localName: op.name,
    cloudName: op.cloud.name,
    kind: 'folder',
    cloudId: op.cloud.id,
    rev: op.cloud.rev,
    contentId: null,
    size: null,
    meta: op.cloud.meta,
    sig: made.sig,
    state: 'managed',
  };
  const node: LocalNode = {
    parent: op.parent,
    name: op.name,
    kind: 'folder',
    sig: made.sig,
    content: null,
    meta: row.meta,
  };
  finish(op, row, node, execution);
}

async function move(op: Extract<LocalOp, { op: 'localMove' }>, execution: Execution): Promise<void> {
  const { disk } = execution.deps;
  const staged = stagedName(op.id);
  const from = execution.live.pathOf(op.key);
  const to = execution.live.childPath(op.parent, op.name);
  if (from === undefined || to === undefined) return giveUp(op, op.key, execution);
  if (op.staged) return moveToStaging(op, from, execution);
  const moved = from === staged ? await disk.unstage(staged, to) : await disk.move(from, to, op.expect);
  if (moved.t !== 'done') return notDone(op, op.key, moved, from, execution);
  return moveDone(op, moved.sig, execution);
}

async function moveToStaging(
  op: Extract<LocalOp, { op: 'localMove' }>,
  from: string,
  execution: Execution,
): Promise<void> {
  const hidden = await execution.deps.disk.moveToStaging(stagedName(op.id), from, op.expect);
  if (hidden.t !== 'done') return notDone(op, op.key, hidden, from, execution);
  execution.live.put(op.key, { parent: ROOT_ID, name: stagedName(op.id) });
  execution.advance({ finished: [op.opId] });
  execution.complete(op.opId);
}

function moveDone(op: Extract<LocalOp, { op: 'localMove' }>, sig: LocalNode['sig'], execution: Execution): void {
  const before = execution.deps.journal.base.get(op.id);
  const was = execution.localNow(op.key);
  if (!was) return giveUp(op, op.key, execution);
  const node = { ...was, parent: op.parent, name: op.name, sig };
  execution.setLocal(op.key, node);
  if (!before) return movedUnlinked(op, node, execution);
  const { parent, name: localName, cloudName } = op;
  // The signature in base belongs to the content in base: a file moved and edited must still differ by its content.
  const sameContent = (was.content?.contentId ?? null) === before.contentId;
  finish(op, { ...before, parent, localName, cloudName, sig: sameContent ? sig : before.sig }, node, execution);
}

/** A new local file that yielded its name: still new, under another name. */
function movedUnlinked(op: Extract<LocalOp, { op: 'localMove' }>, node: LocalNode, execution: Execution): void {
  const sinceMs = execution.local.get(op.key)?.sinceMs ?? execution.deps.clock.nowMs();
  execution.advance({ finished: [op.opId], local: [{ key: op.key, seen: { t: 'present', node, sinceMs } }] });
  execution.complete(op.opId);
}

/** A staged node has no place of its own in the tree; its name in the live tree says where it waits. */
function stagedName(id: number): string {
  return `staged-${id}`;
}

async function setAside(op: Extract<LocalOp, { op: 'localSetAside' }>, execution: Execution): Promise<void> {
  const { disk, journal, clock } = execution.deps;
  const from = execution.live.pathOf(op.key);
  const to = execution.live.childPath(op.parent, op.name);
  if (from === undefined || to === undefined) return giveUp(op, op.key, execution);
  const row = journal.base.get(op.key);
  // Before the rename: from now on nobody may take the file under its new name for the node it was.
  if (row) execution.advance({ rows: [{ ...row, sig: null }] });
  const moved = await disk.move(from, to, op.expect);
  if (moved.t !== 'done') return notDone(op, op.key, moved, from, execution);
  execution.rescan.add(to.slice(0, Math.max(0, to.lastIndexOf('/'))));
  const gone = row ? ({ t: 'absent', sinceMs: clock.nowMs() } as const) : ('equal' as const);
  execution.advance({ finished: [op.opId], local: [{ key: op.key, seen: gone }] });
  execution.complete(op.opId);
}

async function setMeta(op: Extract<LocalOp, { op: 'localSetMeta' }>, execution: Execution): Promise<void> {
  const before = execution.deps.journal.base.get(op.id);
  const path = execution.live.pathOf(op.id);
  if (path === undefined || !before) return giveUp(op, op.id, execution);
  const set = await execution.deps.disk.setMeta(path, op.expect, op.cloud.meta);
  if (set.t !== 'done') return notDone(op, op.id, set, path, execution);
  const was = execution.localNow(op.id);
  if (!was) return giveUp(op, op.id, execution);
  finish(
    op,
    { ...before, meta: op.cloud.meta, sig: set.sig },
    { ...was, meta: op.cloud.meta, sig: set.sig },
    execution,
  );
}

/** One durable step: the row, what is on disk now and what the cloud was seen to hold. What is equal vanishes by itself. */
export function finish(
  op: Extract<LocalOp, { id: number }>,
  row: BaseNode,
  node: LocalNode,
  execution: Execution,
): void {
  execution.setLocal(row.id, node);
  execution.advance(stepFor(op.opId, row, node, execution));
  execution.complete(op.opId);
  const path = execution.live.pathOf(row.id);
  if (path !== undefined) execution.succeed(path);
}

export function stepFor(
  opId: string,
  row: BaseNode,
  node: LocalNode,
  execution: Execution,
): Required<Pick<Advance, 'rows' | 'local' | 'cloud' | 'finished'>> {
  const seen = execution.cloud.get(row.cloudId);
  return {
    rows: [row],
    local: [{ key: row.id, seen: { t: 'present', node, sinceMs: execution.deps.clock.nowMs() } }],
    cloud: seen?.t === 'present' ? [{ id: row.cloudId, seen: presentCloud(seen.node, seen.sinceMs) }] : [],
    finished: [opId],
  };
}

export function giveUp(op: LocalOp, near: number, execution: Execution): void {
  noteRescan(execution, near);
  execution.advance({ finished: [op.opId] });
}

export function notDone(
  op: LocalOp,
  near: number,
  result: Exclude<DiskResult<object>, { t: 'done' }>,
  path: string,
  execution: Execution,
): void {
  if (result.t === 'changed') return giveUp(op, near, execution);
  const full = result.code === 'ENOSPC' || result.code === 'EDQUOT';
  if (full) execution.blocked = 'disk';
  execution.fail(path, full ? 'DISK_FULL' : result.code === 'EBUSY' ? 'BUSY' : 'UNREADABLE', { reason: result.code });
  execution.advance({ finished: [op.opId] });
}
