import type { BatchOutcome, DriveNode, ErrorCode, ProblemCode } from '@tideline/contracts';
import type { CloudOp } from '../model/plan.ts';
import { toCloudNode } from './cloud-node.ts';
import { isReupload } from '../safety/reupload-loop.ts';
import { isRewrite } from '../safety/mass-change.ts';
import type { Execution } from './execution.ts';

/** Base moves for what the drive confirmed; the rest is looked at again or becomes a problem. */
export function settle(ops: readonly CloudOp[], outcomes: readonly BatchOutcome[], execution: Execution): void {
  const byOp = new Map<string, BatchOutcome>(outcomes.map((outcome) => [outcome.opId, outcome]));
  for (const op of ops) {
    const outcome = byOp.get(op.opId);
    if (outcome?.status === 'done') confirmed(op, outcome.node, execution);
    else if (outcome) refused(op, outcome.code, execution);
  }
  execution.flush();
}

function confirmed(op: CloudOp, node: DriveNode, execution: Execution): void {
  execution.revs.set(op.cloudId, node.rev);
  noteDeed(op, execution);
  execution.succeed(op.op === 'cloudTrash' ? execution.live.lastPathOf(op.id) : execution.live.pathOf(op.key));
  execution.settled(op, op.op === 'cloudTrash' ? { t: 'done' } : { t: 'cloud', node: toCloudNode(node) });
  execution.complete(op.opId, op.op === 'cloudUpload' ? op.content.size : 0);
}

/** Base still is what it was before the operation. */
function noteDeed(op: CloudOp, execution: Execution): void {
  const { base } = execution.deps.journal;
  if (op.op === 'cloudTrash') {
    const files = op.ids.filter((id) => base.get(id)?.kind === 'file').length;
    execution.noteDeed(op.opId, 'trashedInCloud', { nodes: [op.cloudId], files });
  } else if (isReupload(op, base)) {
    execution.noteDeed(op.opId, 'sentAgain', { nodes: [String(op.id)], files: 1 });
  } else if (op.op === 'cloudUpload' && isRewrite(op, base)) {
    execution.noteDeed(op.opId, 'rewrote', { nodes: [], files: 1 });
  }
}

function refused(op: CloudOp, code: ErrorCode, execution: Execution): void {
  execution.advance({ finished: [op.opId] });
  const meant = meaningOf(code);
  if (meant === 'observe' && !execution.isStuck(op)) {
    execution.refeed = true;
    return;
  }
  const meaning = meant === 'observe' ? 'REFUSED' : meant;
  if (meaning === 'QUOTA') noteFull(op, execution);
  // The feed says when rights have changed; what they are now decides the next plan (G14).
  if (meaning === 'RIGHT_MISSING') execution.refeed = true;
  const path = op.op === 'cloudTrash' ? execution.live.lastPathOf(op.id) : execution.live.pathOf(op.key);
  execution.fail(path ?? op.cloudId, meaning, { code });
}

/** A file of that size or more does not fit either, and need not be sent to learn it. */
function noteFull(op: CloudOp, execution: Execution): void {
  execution.blocked = 'quota';
  if (op.op === 'cloudUpload') execution.tooLargeBytes = Math.min(execution.tooLargeBytes, op.content.size);
}

/** What a refusal means: look again because the cloud has moved on, or a problem that waits. */
const MEANINGS: Partial<Record<ErrorCode, ProblemCode | 'observe'>> = {
  REV_MISMATCH: 'observe',
  SUBTREE_CHANGED: 'observe',
  NAME_TAKEN: 'observe',
  NODE_UNKNOWN: 'observe',
  NODE_ID_TAKEN: 'observe',
  NODE_TRASHED: 'observe',
  PARENT_UNKNOWN: 'observe',
  PARENT_TRASHED: 'observe',
  PARENT_NOT_FOLDER: 'observe',
  MOVE_CYCLE: 'observe',
  CHUNKS_MISSING: 'observe',
  BATCH_ABORTED: 'observe',
  QUOTA_EXCEEDED: 'QUOTA',
  FORBIDDEN: 'RIGHT_MISSING',
  SUBTREE_FORBIDDEN: 'RIGHT_MISSING',
  RIGHT_MISSING: 'RIGHT_MISSING',
  RIGHT_UPLOAD_ONLY: 'RIGHT_MISSING',
  NAME_INVALID: 'NAME_UNSUPPORTED',
};

export function meaningOf(code: ErrorCode): ProblemCode | 'observe' {
  return MEANINGS[code] ?? 'REFUSED';
}
