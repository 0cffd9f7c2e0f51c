import type { DriveNode } from '@tideline/contracts';
import type { CloudOp } from '../model/plan.ts';
import type { BaseNode, BaseView, LocalOverlay } from '../model/tree.ts';
import type { Advance } from '../ports/journal.ts';
import { presentCloud } from './cloud-node.ts';

export type Trees = { readonly base: BaseView; readonly local: LocalOverlay };
type Step = Required<Pick<Advance, 'rows' | 'forget' | 'adopt' | 'cloud' | 'local' | 'finished'>>;
type Mutable<T> = { -readonly [K in keyof T]: T[K] extends readonly (infer E)[] ? E[] : T[K] };
export type AdvanceDraft = Mutable<Step>;

export function emptyAdvance(): AdvanceDraft {
  return { rows: [], forget: [], adopt: [], cloud: [], local: [], finished: [] };
}

export type Acknowledged = { readonly op: CloudOp; readonly node: DriveNode; readonly nowMs: number };

/**
 * What base may say once the drive acknowledged an operation: only the attribute that the operation carried moves, and only to
 * what the local side held when it was planned. Everything else stays a difference for the next decision.
 */
export function acknowledge({ op, node, nowMs }: Acknowledged, trees: Trees, draft: AdvanceDraft): void {
  draft.finished.push(op.opId);
  if (op.op === 'cloudTrash') return forgetAll(op, trees, draft);
  const before = trees.base.get(op.id);
  const row = before ? changedRow(op, node, before) : newRow(op, node, trees.local);
  if (!row) return;
  draft.rows.push(row);
  draft.cloud.push({ id: node.id, seen: presentCloud(node, nowMs) });
  if (op.key < 0 && !before) draft.adopt.push({ key: op.key, id: op.id });
}

type KeepingOp = Exclude<CloudOp, { op: 'cloudTrash' }>;

function changedRow(op: KeepingOp, node: DriveNode, before: BaseNode): BaseNode {
  const { rev } = node;
  switch (op.op) {
    case 'cloudUpload':
      return { ...before, ...stored(op, node), cloudId: node.id, state: 'managed' };
    case 'cloudSetMeta':
      return { ...before, meta: op.meta, sig: op.sig, rev };
    case 'cloudMove':
      return { ...before, parent: op.parent, localName: op.localName, cloudName: node.name, rev };
    case 'cloudCreateFolder':
      return { ...before, cloudId: node.id, cloudName: node.name, rev, state: 'managed' };
  }
}

function stored(
  op: Extract<CloudOp, { op: 'cloudUpload' }>,
  node: DriveNode,
): Pick<BaseNode, 'contentId' | 'size' | 'meta' | 'sig' | 'rev'> {
  return { contentId: node.contentId, size: node.size, meta: op.meta, sig: op.expect, rev: node.rev };
}

function newRow(op: KeepingOp, node: DriveNode, local: LocalOverlay): BaseNode | undefined {
  const seen = local.get(op.key);
  const target = op.op === 'cloudUpload' ? op.target : op;
  if (seen?.t !== 'present' || !('localName' in target)) return undefined;
  const { meta, sig } = seen.node;
  return {
    ...{ id: op.id, parent: target.parent, localName: target.localName, cloudName: node.name, kind: node.kind },
    ...{ cloudId: node.id, rev: node.rev, contentId: node.contentId, size: node.size, meta, sig, state: 'managed' },
    ...(op.op === 'cloudUpload' ? stored(op, node) : {}),
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
