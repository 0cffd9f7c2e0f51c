import {
  AppError,
  INLINE_FILE_BYTES,
  MAX_BATCH_OPS,
  type BatchOp,
  type BatchOutcome,
  type ChunkRef,
  type ProblemCode,
} from '@tideline/contracts';
import type { CloudOp } from '../model/plan.ts';
import { acknowledge, emptyAdvance } from './cloud-outcome.ts';
import { noteRescan, type Execution } from './execution.ts';
import { chunksOf, toBatchOp } from './to-batch-op.ts';
import { sendChunks } from './send-chunks.ts';

/** Bytes of small files in one request: large enough to amortize it, small enough to hold two of them in memory. */
const BATCH_BYTES = 4 * 1024 * 1024;

type Upload = Extract<CloudOp, { op: 'cloudUpload' }>;
type Ready = { readonly op: CloudOp; readonly wire: BatchOp; readonly inline?: { chunk: ChunkRef; bytes: Uint8Array } };

/**
 * Carries out the cloud's half of a plan: small files and everything without bytes in batches, in the order of the plan; then
 * large files one after another, which nothing else in the plan waits for.
 */
export async function executeCloud(ops: readonly CloudOp[], execution: Execution): Promise<void> {
  const revs = new Map<string, number>();
  const needed = new Set(ops.flatMap((op) => op.after ?? []));
  const last = ops.filter(isLarge).filter((op) => !needed.has(op.opId));
  const alone = new Set<CloudOp>(last);
  for (const group of groupOps(ops.filter((op) => !alone.has(op)))) {
    if (mustStop(execution)) return;
    const [only] = group;
    if (only && isLarge(only)) await executeLarge(only, execution, revs);
    else await commitGroup(await prepare(group, execution, revs), execution, revs);
  }
  for (const op of last) {
    if (mustStop(execution)) return;
    await executeLarge(op, execution, revs);
  }
}

function isLarge(op: CloudOp): op is Upload {
  return op.op === 'cloudUpload' && op.content.size > INLINE_FILE_BYTES;
}

function mustStop(execution: Execution): boolean {
  return execution.request.signal.aborted || execution.permissionLost;
}

/** Batches in order; two operations on one node never share a batch, because the second needs the rev that the first makes. */
export function groupOps(ops: readonly CloudOp[]): CloudOp[][] {
  const groups: CloudOp[][] = [];
  let group: CloudOp[] = [];
  let bytes = 0;
  let nodes = new Set<string>();
  for (const op of ops) {
    const opBytes = op.op === 'cloudUpload' ? op.content.size : 0;
    const full = group.length >= MAX_BATCH_OPS || bytes + opBytes > BATCH_BYTES || nodes.has(op.cloudId);
    const splits = !sameGroup(group.at(-1), op) || isLarge(op) || group.some(isLarge);
    if (group.length > 0 && (full || splits)) {
      groups.push(group);
      [group, bytes, nodes] = [[], 0, new Set()];
    }
    group.push(op);
    bytes += opBytes;
    nodes.add(op.cloudId);
  }
  if (group.length > 0) groups.push(group);
  return groups;
}

/** Swaps and rotations of names go through together or not at all, apart from everything else. */
function sameGroup(last: CloudOp | undefined, next: CloudOp): boolean {
  return last === undefined || atomicGroupOf(last) === atomicGroupOf(next);
}

function atomicGroupOf(op: CloudOp): number | null {
  return 'atomicGroup' in op && typeof op.atomicGroup === 'number' ? op.atomicGroup : null;
}

async function prepare(
  group: readonly CloudOp[],
  execution: Execution,
  revs: ReadonlyMap<string, number>,
): Promise<Ready[]> {
  const ready: Ready[] = [];
  const inGroup = new Set(group.map((op) => op.opId));
  for (const op of group) {
    // Within one batch the drive itself refuses what follows from a refused operation.
    const outside = (op.after ?? []).filter((opId) => !inGroup.has(opId));
    if (!execution.isReady({ ...op, after: outside })) continue;
    const path = op.op === 'cloudTrash' ? undefined : execution.live.pathOf(op.key);
    if (path !== undefined && execution.isDeferred(path, sinceOf(op, execution))) {
      execution.deferred += 1;
      continue;
    }
    const item =
      op.op === 'cloudUpload'
        ? await readSmall(op, execution, revs)
        : { op, wire: toBatchOp(op, [], revs.get(op.cloudId)) };
    if (item) ready.push(item);
  }
  return ready;
}

function sinceOf(op: CloudOp, execution: Execution): number {
  const key = op.op === 'cloudTrash' ? op.id : op.key;
  return execution.local.get(key)?.sinceMs ?? 0;
}

async function readSmall(
  op: Upload,
  execution: Execution,
  revs: ReadonlyMap<string, number>,
): Promise<Ready | undefined> {
  const chunks = chunksOf(op.content);
  const wire = toBatchOp(op, chunks, revs.get(op.cloudId));
  const [chunk] = chunks;
  if (!chunk) return { op, wire };
  const path = execution.live.pathOf(op.key);
  const read = path === undefined ? ({ t: 'changed' } as const) : await execution.deps.disk.read(path, op.expect);
  if (read.t === 'done' && execution.deps.hashes.sha256Hex(read.bytes) === chunk.hash)
    return { op, wire, inline: { chunk, bytes: read.bytes } };
  if (read.t === 'refused' && path !== undefined) execution.fail(path, 'UNREADABLE', { reason: read.code });
  else noteRescan(execution, op.key);
  execution.advance({ finished: [op.opId] });
  return undefined;
}

async function commitGroup(ready: readonly Ready[], execution: Execution, revs: Map<string, number>): Promise<void> {
  const [first] = ready;
  if (!first) return;
  const inline = uniqueChunks(ready);
  const answer = await execution.deps.cloud.commit({
    atomic: atomicGroupOf(first.op) !== null,
    ops: ready.map((item) => item.wire),
    inline,
  });
  settle(
    ready.map((item) => item.op),
    answer.outcomes,
    execution,
    revs,
  );
}

function uniqueChunks(ready: readonly Ready[]): { chunk: ChunkRef; bytes: Uint8Array }[] {
  const byHash = new Map<string, { chunk: ChunkRef; bytes: Uint8Array }>();
  for (const { inline } of ready) if (inline) byHash.set(inline.chunk.hash, inline);
  return [...byHash.values()];
}

async function executeLarge(op: Upload, execution: Execution, revs: Map<string, number>): Promise<void> {
  if (!execution.isReady(op)) return;
  const path = execution.live.pathOf(op.key);
  if (path !== undefined && execution.isDeferred(path, sinceOf(op, execution))) {
    execution.deferred += 1;
    return;
  }
  const sent = path === undefined ? 'changed' : await sendChunks(path, op, execution);
  if (sent === 'yielded') {
    execution.yielded += 1;
    return;
  }
  if (sent !== 'sent') {
    noteRescan(execution, op.key);
    execution.advance({ finished: [op.opId] });
    return;
  }
  const wire = toBatchOp(op, chunksOf(op.content), revs.get(op.cloudId));
  const answer = await execution.deps.cloud.commit({ atomic: false, ops: [wire], inline: [] });
  settle([op], answer.outcomes, execution, revs);
}

/** Base moves for what the drive confirmed; the rest is looked at again or becomes a problem. One transaction per batch. */
export function settle(
  ops: readonly CloudOp[],
  outcomes: readonly BatchOutcome[],
  execution: Execution,
  revs: Map<string, number>,
): void {
  const { journal, clock } = execution.deps;
  const byOp = new Map<string, BatchOutcome>(outcomes.map((outcome) => [outcome.opId, outcome]));
  const draft = emptyAdvance();
  const trees = { base: journal.base, local: execution.local };
  const nowMs = clock.nowMs();
  for (const op of ops) {
    const outcome = byOp.get(op.opId);
    if (!outcome) continue;
    if (outcome.status === 'refused') {
      draft.finished.push(op.opId);
      refused(op, outcome, execution);
      continue;
    }
    revs.set(op.cloudId, outcome.node.rev);
    if (op.op === 'cloudTrash')
      execution.recordDeleted(op.opId, op.ids.filter((id) => journal.base.get(id)?.kind === 'file').length);
    else execution.succeed(execution.live.pathOf(op.key) ?? '');
    acknowledge(op, outcome.node, trees, draft, nowMs);
    execution.complete(op.opId, op.op === 'cloudUpload' ? op.content.size : 0);
  }
  execution.advance(draft);
  for (const { key, id } of draft.adopt) execution.live.adopt(key, id);
}

function refused(op: CloudOp, outcome: Extract<BatchOutcome, { status: 'refused' }>, execution: Execution): void {
  const path = op.op === 'cloudTrash' ? execution.live.pathOf(op.id) : execution.live.pathOf(op.key);
  const problem = problemOf(outcome.code);
  if (problem === 'observe') {
    execution.refeed = true;
    return;
  }
  if (problem === 'QUOTA') execution.blocked = 'quota';
  execution.fail(path ?? (op.op === 'cloudTrash' ? op.cloudId : ''), problem, { code: outcome.code });
}

/** What a refusal means for the task: look again, or a problem that waits. */
export function problemOf(code: AppError['code']): ProblemCode | 'observe' {
  switch (code) {
    case 'REV_MISMATCH':
    case 'SUBTREE_CHANGED':
    case 'NAME_TAKEN':
    case 'NODE_UNKNOWN':
    case 'NODE_ID_TAKEN':
    case 'PARENT_UNKNOWN':
    case 'PARENT_TRASHED':
    case 'PARENT_NOT_FOLDER':
    case 'MOVE_CYCLE':
    case 'CHUNKS_MISSING':
    case 'BATCH_ABORTED':
      return 'observe';
    case 'QUOTA_EXCEEDED':
      return 'QUOTA';
    case 'FORBIDDEN':
    case 'RIGHT_MISSING':
    case 'RIGHT_UPLOAD_ONLY':
      return 'RIGHT_MISSING';
    case 'NAME_INVALID':
      return 'NAME_UNSUPPORTED';
    default:
      return 'REFUSED';
  }
}
