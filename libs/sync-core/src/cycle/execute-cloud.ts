import { MAX_SINGLE_CHUNK_BYTES, type BatchOp, type BatchOutcome, type ChunkRef, type OpId } from '@tideline/contracts';
import type { CloudOp } from '../model/plan.ts';
import type { Room } from '../ports/cloud.ts';
import { askAhead } from './ask-ahead.ts';
import type { Execution } from './execution.ts';
import {
  atomicGroupOf,
  bytesOf,
  groupOps,
  isBound,
  isLarge,
  isMedium,
  MEDIUM_BATCH_BYTES,
  type Upload,
} from './group-ops.ts';
import { isPutOffInCloud } from './put-off.ts';
import { roomFor } from './room-for.ts';
import { findMissing, sendChunks } from './send-chunks.ts';
import { SendWindow } from './send-window.ts';
import { settle } from './settle-cloud.ts';
import { chunksOf, toBatchOp } from './to-batch-op.ts';

type Ready = { readonly op: CloudOp; readonly wire: BatchOp; readonly inline?: Inline };
/** Each holds the bytes of its files in memory. */
const GROUPS_AT_ONCE = 2;

type Inline = { readonly chunk: ChunkRef; readonly bytes: Uint8Array };

/**
 * Carries out the cloud's half of a plan: small files and everything without bytes in batches, in the order of the plan; then
 * the longer files that nothing else in the plan waits for: those of one chunk in batches of their own, and the large ones one
 * after another.
 */
export async function executeCloud(ops: readonly CloudOp[], execution: Execution): Promise<void> {
  const needed = new Set(ops.flatMap((op) => op.after ?? []));
  const isLast = (op: CloudOp): boolean => !needed.has(op.opId);
  const medium = ops.filter(isMedium).filter(isLast);
  const large = ops.filter(isLarge).filter(isLast);
  const deferred = new Set<CloudOp>([...medium, ...large]);
  await executeGroups(groupOps(ops.filter((op) => !deferred.has(op))), execution);
  await executeGroups(groupOps(medium, MEDIUM_BATCH_BYTES), execution, { givesWay: true });
  await executeLast(large, execution);
}

/**
 * Requests that need nothing of each other are under way together: the drive works on one while the next is read and the last
 * is settled. What needs an earlier one waits for it.
 */
async function executeGroups(
  groups: readonly CloudOp[][],
  execution: Execution,
  { givesWay } = { givesWay: false },
): Promise<void> {
  const sending = new SendWindow(GROUPS_AT_ONCE);
  const underWay = new Set<readonly CloudOp[]>();
  try {
    for (const [index, group] of groups.entries()) {
      await sending.hasRoom();
      if (givesWay && execution.mustYield()) {
        leave(groups.slice(index).flat(), execution);
        break;
      }
      if ([...underWay].some((other) => isBound(group, other))) await sending.settled();
      await sending.begin(async () => {
        underWay.add(group);
        await executeGroup(group, execution).finally(() => underWay.delete(group));
      });
    }
  } catch (error) {
    await sending.settled().catch(() => undefined); // the first failure tells
    throw error;
  }
  await sending.settled();
}

/** What is left is planned again in the next cycle. */
function leave(ops: readonly CloudOp[], execution: Execution): void {
  execution.yielded += ops.length;
  execution.advance({ finished: ops.map((op) => op.opId) });
}

/** Large files give way when something newer waits. */
async function executeLast(ops: readonly Upload[], execution: Execution): Promise<void> {
  for (const [index, op] of ops.entries()) {
    if (execution.yielded > 0) return leave(ops.slice(index), execution);
    await executeGroup([op], execution);
  }
}

async function executeGroup(group: readonly CloudOp[], execution: Execution): Promise<void> {
  if (execution.mustStop) return;
  const [first] = group;
  if (first && isLarge(first)) return executeLarge(first, execution);
  const { fitting, tooLarge } = byRoom(readyOps(group, execution), execution);
  const asked = await askAhead(fitting.filter(isMedium), execution);
  const full = new Set<CloudOp>(asked.full);
  const refused = [...tooLarge, ...asked.full];
  settle(refused, refused.map(outOfRoom), execution);
  const sent = fitting.filter((op) => !full.has(op));
  const isKnown = (op: CloudOp): boolean => isMedium(op) && !asked.missing.has(op.content.contentId);
  const bytes = sent.reduce((sum, op) => sum + (isKnown(op) ? 0 : bytesOf(op)), 0);
  const held = await execution.memory.take(bytes, execution.request.signal);
  try {
    const ready: Ready[] = [];
    for (const op of sent) {
      const item = isKnown(op) || op.op !== 'cloudUpload' ? bare(op, execution) : await readSmall(op, execution);
      if (item) ready.push(item);
    }
    if (ready.length > 0) await commit(ready, execution);
  } finally {
    held.release();
  }
}

/** Nothing travels with it. */
function bare(op: CloudOp, execution: Execution): Ready {
  return { op, wire: wireOf(op, op.op === 'cloudUpload' ? chunksOf(op.content) : [], execution) };
}

/** Within one request the drive itself refuses what follows from a refused operation; what came before must have been done. */
function readyOps(group: readonly CloudOp[], execution: Execution): CloudOp[] {
  const mustWait = group.some((op) => atomicGroupOf(op) !== null && isPutOffInCloud(op, execution));
  const sent = new Set<string>();
  return group.filter((op) => {
    const after = (op.after ?? []).filter((opId) => !sent.has(opId));
    if (!execution.isReady({ opId: op.opId, after })) return false;
    if (mustWait || isPutOffInCloud(op, execution)) return void execution.putOff(op);
    sent.add(op.opId);
    return true;
  });
}

/** What cannot fit is not sent; where something of the request waits for it, the drive has to refuse both. */
function byRoom(group: readonly CloudOp[], execution: Execution): { fitting: CloudOp[]; tooLarge: Upload[] } {
  const needed = new Set(group.flatMap((op) => op.after ?? []));
  const isTooLarge = (op: CloudOp): op is Upload =>
    op.op === 'cloudUpload' && op.content.size >= execution.tooLargeBytes && !needed.has(op.opId);
  return { fitting: group.filter((op) => !isTooLarge(op)), tooLarge: group.filter(isTooLarge) };
}

function wireOf(op: CloudOp, chunks: readonly ChunkRef[], execution: Execution): BatchOp {
  const room = isMedium(op) ? { roomKey: roomFor(op, execution.deps).key } : {};
  return toBatchOp(op, chunks, { rev: execution.revs.get(op.cloudId), ...room });
}

/** The bytes travel inside the batch, if the file still is what was decided on. */
async function readSmall(op: Upload, execution: Execution): Promise<Ready | undefined> {
  const chunks = chunksOf(op.content);
  const wire = wireOf(op, chunks, execution);
  const [chunk] = chunks;
  if (!chunk) return { op, wire };
  const { disk, hashes } = execution.deps;
  const path = execution.live.pathOf(op.key);
  const read = path === undefined ? ({ t: 'changed' } as const) : await disk.read(path, op.expect);
  if (read.t === 'done' && hashes.sha256Hex(read.bytes) === chunk.hash) {
    return { op, wire, inline: { chunk, bytes: read.bytes } };
  }
  if (read.t === 'refused' && path !== undefined) execution.fail(path, 'UNREADABLE', { reason: read.code });
  else lookAgain(op, read.t === 'done' ? 'otherBytes' : 'changed', execution);
  execution.advance({ finished: [op.opId] });
  return undefined;
}

async function commit(ready: readonly Ready[], execution: Execution): Promise<void> {
  const inline = new Map<string, Inline>();
  for (const item of ready) if (item.inline) inline.set(item.inline.chunk.hash, item.inline);
  const ops = ready.map((item) => item.op);
  const atomic = ops.some((op) => atomicGroupOf(op) !== null);
  const wire = ready.map((item) => item.wire);
  const { outcomes } = await execution.deps.cloud.commit({ atomic, ops: wire, inline: [...inline.values()] });
  settle(ops, outcomes, execution);
}

async function executeLarge(op: Upload, execution: Execution): Promise<void> {
  if (!execution.isReady(op)) return;
  if (isPutOffInCloud(op, execution)) return execution.putOff(op);
  const room = roomFor(op, execution.deps);
  const sent = op.content.size >= execution.tooLargeBytes ? 'full' : await sendLarge(op, room, execution);
  if (sent === 'full') return settle([op], [outOfRoom(op)], execution);
  if (typeof sent !== 'string') {
    const wire = toBatchOp(op, sent, { rev: execution.revs.get(op.cloudId), roomKey: room.key });
    return commit([{ op, wire }], execution);
  }
  if (sent === 'yielded') execution.yielded += 1;
  else lookAgain(op, sent, execution);
  execution.advance({ finished: [op.opId] });
}

/**
 * The file is not what was decided on. Where nothing but its bytes tells that (a power failure takes them and leaves the times),
 * the new look has to read it. What differs from look to look waits as what failed does (G26).
 */
function lookAgain(op: Upload, found: 'changed' | 'otherBytes', execution: Execution): void {
  if (found === 'otherBytes') execution.distrust(op.key);
  execution.noteRescan(op.key);
  const path = execution.live.pathOf(op.key);
  if (path !== undefined && execution.isStuck(op)) execution.fail(path, 'BUSY');
}

/** The drive said before any byte travelled what it would have said to the commit. */
function outOfRoom({ opId }: Upload): BatchOutcome {
  return { status: 'refused', opId: opId as OpId, code: 'QUOTA_EXCEEDED', node: null };
}

type Unsent = Exclude<Awaited<ReturnType<typeof sendChunks>>, 'sent'>;

async function sendLarge(op: Upload, room: Room, execution: Execution): Promise<readonly ChunkRef[] | Unsent> {
  const path = execution.live.pathOf(op.key);
  if (path === undefined) return 'changed';
  const chunks = await manifestOf({ path, op, room }, execution);
  if (typeof chunks === 'string') return chunks;
  const sent = await sendChunks({ path, expect: op.expect, chunks, room }, execution);
  return sent === 'sent' ? chunks : sent;
}

/** Base keeps no chunks: a file that is sent again from there is cut once more, if there is room for it at all. */
async function manifestOf(
  { path, op, room }: { path: string; op: Upload; room: Room },
  execution: Execution,
): Promise<readonly ChunkRef[] | 'changed' | 'otherBytes' | 'full'> {
  const { content, expect } = op;
  if (content.chunks || content.size <= MAX_SINGLE_CHUNK_BYTES) return chunksOf(content);
  if ((await findMissing([], room, execution)) === 'full') return 'full';
  const cut = await execution.deps.disk.manifest(path, expect);
  if (cut.t !== 'done') return 'changed';
  return cut.contentId === content.contentId ? cut.chunks : 'otherBytes';
}
