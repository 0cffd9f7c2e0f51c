import type { BatchOutcome, ErrorCode, ProblemCode } from '@tideline/contracts';
import type { CloudOp } from '../model/plan.ts';
import { acknowledge, emptyAdvance, type AdvanceDraft } from './cloud-outcome.ts';
import type { Execution } from './execution.ts';

/** Base moves for what the drive confirmed; the rest is looked at again or becomes a problem. One transaction per batch. */
export function settle(ops: readonly CloudOp[], outcomes: readonly BatchOutcome[], execution: Execution): void {
  const byOp = new Map<string, BatchOutcome>(outcomes.map((outcome) => [outcome.opId, outcome]));
  const draft = emptyAdvance();
  execution.flush();
  for (const op of ops) {
    const outcome = byOp.get(op.opId);
    if (outcome?.status === 'done') confirmed(op, outcome, { draft, execution });
    else if (outcome) refused(op, outcome, { draft, execution });
  }
  execution.advance(draft);
  for (const { key, id } of draft.adopt) execution.live.adopt(key, id);
}

type Into = { readonly draft: AdvanceDraft; readonly execution: Execution };

function confirmed(op: CloudOp, { node }: Extract<BatchOutcome, { status: 'done' }>, { draft, execution }: Into): void {
  const { journal, clock } = execution.deps;
  execution.revs.set(op.cloudId, node.rev);
  if (op.op === 'cloudTrash') {
    execution.recordDeleted(op.opId, op.ids.filter((id) => journal.base.get(id)?.kind === 'file').length);
  } else {
    execution.succeed(execution.live.pathOf(op.key));
  }
  acknowledge({ op, node, nowMs: clock.nowMs() }, { base: journal.base, local: execution.decided.local }, draft);
  execution.complete(op.opId, op.op === 'cloudUpload' ? op.content.size : 0);
}

function refused(
  op: CloudOp,
  { code }: Extract<BatchOutcome, { status: 'refused' }>,
  { draft, execution }: Into,
): void {
  draft.finished.push(op.opId);
  const meaning = meaningOf(code);
  if (meaning === 'observe') {
    execution.refeed = true;
    return;
  }
  if (meaning === 'QUOTA') execution.blocked = 'quota';
  const path = execution.live.pathOf(op.op === 'cloudTrash' ? op.id : op.key);
  execution.fail(path ?? op.cloudId, meaning, { code });
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
  RIGHT_MISSING: 'RIGHT_MISSING',
  RIGHT_UPLOAD_ONLY: 'RIGHT_MISSING',
  NAME_INVALID: 'NAME_UNSUPPORTED',
};

export function meaningOf(code: ErrorCode): ProblemCode | 'observe' {
  return MEANINGS[code] ?? 'REFUSED';
}
