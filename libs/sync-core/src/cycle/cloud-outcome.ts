import type { DriveNode } from '@tideline/contracts';
import type { CloudOp } from '../model/plan.ts';
import type { BaseNode, BaseView, LocalKey, LocalOverlay } from '../model/tree.ts';
import type { Advance } from '../ports/journal.ts';
import { presentCloud } from './cloud-node.ts';

export type Trees = { readonly base: BaseView; readonly local: LocalOverlay };
type Step = Required<Pick<Advance, 'rows' | 'forget' | 'adopt' | 'cloud' | 'local' | 'finished'>>;
type Mutable<T> = { -readonly [K in keyof T]: T[K] extends readonly (infer E)[] ? E[] : T[K] };
export type AdvanceDraft = Mutable<Step>;

export function emptyAdvance(): AdvanceDraft {
  return { rows: [], forget: [], adopt: [], cloud: [], local: [], finished: [] };
}

/**
 * What base may say once the drive acknowledged an operation: only the attribute that the operation carried moves, and only to
 * what the local side held when it was planned. Everything else stays a difference for the next decision.
 */
export function acknowledge(op: CloudOp, node: DriveNode, trees: Trees, draft: AdvanceDraft, nowMs: number): void {
  draft.finished.push(op.opId);
  if (op.op === 'cloudTrash') return forgetAll(op, trees, draft);
  const before = trees.base.get(op.id);
  const row = rowAfter(op, node, before, trees.local);
  if (!row) return;
  draft.rows.push(row);
  draft.cloud.push({ id: node.id, seen: presentCloud(node, nowMs) });
  if (op.key < 0 && !before) draft.adopt.push({ key: op.key, id: op.id });
}

function rowAfter(
  op: Exclude<CloudOp, { op: 'cloudTrash' }>,
  node: DriveNode,
  before: BaseNode | undefined,
  local: LocalOverlay,
): BaseNode | undefined {
  if (op.op === 'cloudCreateFolder') return newRow(op, node, local);
  if (op.op === 'cloudUpload') {
    const stored = { contentId: node.contentId, size: node.size, meta: op.meta, sig: op.expect, rev: node.rev };
    if (before) return { ...before, ...stored, cloudId: node.id, state: 'managed' };
    const row = newRow(op, node, local);
    return row && { ...row, ...stored };
  }
  if (!before) return undefined;
  if (op.op === 'cloudSetMeta') return { ...before, meta: op.meta, sig: op.sig, rev: node.rev };
  return {
    ...before,
    parent: op.parent,
    localName: op.localName,
    cloudName: node.name,
    rev: node.rev,
  };
}

function newRow(
  op: Extract<CloudOp, { op: 'cloudCreateFolder' | 'cloudUpload' }>,
  node: DriveNode,
  local: LocalOverlay,
): BaseNode | undefined {
  const seen = local.get(op.key);
  const target = op.op === 'cloudUpload' ? op.target : op;
  if (seen?.t !== 'present' || !('parent' in target)) return undefined;
  return {
    id: op.id,
    parent: target.parent,
    localName: target.localName,
    cloudName: node.name,
    kind: node.kind,
    cloudId: node.id,
    rev: node.rev,
    contentId: node.contentId,
    size: node.size,
    meta: seen.node.meta,
    sig: seen.node.sig,
    state: 'managed',
  };
}

function forgetAll(op: Extract<CloudOp, { op: 'cloudTrash' }>, trees: Trees, draft: AdvanceDraft): void {
  for (const id of op.ids) {
    const row = trees.base.get(id);
    draft.forget.push(id);
    draft.local.push({ key: id, seen: 'equal' });
    if (row) draft.cloud.push({ id: row.cloudId, seen: 'equal' });
  }
}
