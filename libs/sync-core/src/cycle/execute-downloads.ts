import { INLINE_FILE_BYTES, contentIdOf, type ChunkRef } from '@tideline/contracts';
import type { BaseNode, LocalNode, StatSig } from '../model/tree.ts';
import type { PlaceRequest } from '../ports/disk.ts';
import { emptyAdvance } from './cloud-outcome.ts';
import { giveUp, notDone, stepFor, type Download } from './execute-local.ts';
import type { Execution } from './execution.ts';

const BUNDLE_FILES = 500;
const BUNDLE_BYTES = 8 * 1024 * 1024;
/** GU-5: downloads stop before less than this, or less than 1 % of the disk, stays free. */
const RESERVE_BYTES = 1024 * 1024 * 1024;

type Fetched = { readonly op: Download; readonly request: PlaceRequest };

/** Small files in bundles, the next one on its way while the last is put in place; then large files one by one. */
export async function executeDownloads(ops: readonly Download[], execution: Execution): Promise<void> {
  const wanted = await withinReserve(
    ops.filter((op) => !isPutOff(op, execution)),
    execution,
  );
  let placing: Promise<void> = Promise.resolve();
  for (const bundle of bundlesOf(wanted.filter((op) => !isLarge(op)))) {
    if (execution.request.signal.aborted) break;
    const fetched = await fetchBundle(bundle, execution);
    await placing;
    placing = placeAll(fetched, execution);
  }
  await placing;
  for (const op of wanted.filter(isLarge)) {
    if (execution.request.signal.aborted) return;
    const fetched = await fetchLarge(op, execution);
    if (fetched) await placeAll([fetched], execution);
  }
}

function isLarge(op: Download): boolean {
  return (op.cloud.size ?? 0) > INLINE_FILE_BYTES;
}

function isPutOff(op: Download, execution: Execution): boolean {
  const path = execution.live.childPath(op.parent, op.name);
  const sinceMs = execution.cloud.get(op.cloud.id)?.sinceMs ?? 0;
  if (path === undefined || !execution.isDeferred(path, sinceMs)) return false;
  execution.deferred += 1;
  return true;
}

/** GU-5: what does not fit above the reserve becomes a problem; smaller files go on. */
async function withinReserve(ops: readonly Download[], execution: Execution): Promise<Download[]> {
  if (ops.length === 0) return [];
  const { freeBytes, totalBytes } = await execution.deps.disk.freeBytes();
  let room = freeBytes - Math.min(RESERVE_BYTES, totalBytes / 100);
  const fitting: Download[] = [];
  for (const op of ops) {
    const sizeBytes = op.cloud.size ?? 0;
    if (sizeBytes > room) {
      execution.blocked = 'disk';
      execution.fail(execution.live.childPath(op.parent, op.name) ?? op.name, 'DISK_FULL', { sizeBytes });
      execution.advance({ finished: [op.opId] });
      continue;
    }
    room -= sizeBytes;
    fitting.push(op);
  }
  return fitting;
}

export function bundlesOf(ops: readonly Download[]): Download[][] {
  const bundles: Download[][] = [];
  let bytes = 0;
  for (const op of ops) {
    const last = bundles.at(-1);
    const sizeBytes = op.cloud.size ?? 0;
    if (!last || last.length >= BUNDLE_FILES || bytes + sizeBytes > BUNDLE_BYTES) {
      bundles.push([op]);
      bytes = sizeBytes;
    } else {
      last.push(op);
      bytes += sizeBytes;
    }
  }
  return bundles;
}

async function fetchBundle(ops: readonly Download[], execution: Execution): Promise<Fetched[]> {
  const { cloud, hashes } = execution.deps;
  const nodes = ops.map((op) => ({ nodeId: op.cloud.id, contentId: op.cloud.contentId ?? '' }));
  const items = new Map((await cloud.bundle(nodes, execution.request.signal)).map((item) => [item.nodeId, item]));
  const fetched: Fetched[] = [];
  for (const op of ops) {
    const item = items.get(op.cloud.id);
    const path = execution.live.childPath(op.parent, op.name);
    if (path === undefined) giveUp(op, op.parent, execution);
    else if (item?.t !== 'bytes') unavailable(op, execution);
    else if (hashes.sha256Hex(item.bytes) !== op.cloud.contentId) corrupt(op, path, execution);
    else fetched.push({ op, request: requestFor(op, path, { bytes: item.bytes }) });
  }
  return fetched;
}

function requestFor(op: Download, path: string, from: PlaceRequest['from']): PlaceRequest {
  return { opId: op.opId, path, replaces: op.replaces, meta: op.cloud.meta, from };
}

/** The drive has another content, or none, by now: the feed will tell which. */
function unavailable(op: Download, execution: Execution): void {
  execution.refeed = true;
  execution.advance({ finished: [op.opId] });
}

/** R15: bytes that do not match their hash are never put in place. */
function corrupt(op: Download, path: string, execution: Execution): void {
  execution.fail(path, 'CONTENT_MISMATCH');
  execution.advance({ finished: [op.opId] });
}

async function fetchLarge(op: Download, execution: Execution): Promise<Fetched | undefined> {
  const { cloud, disk, hashes } = execution.deps;
  const path = execution.live.childPath(op.parent, op.name);
  if (path === undefined) return void giveUp(op, op.parent, execution);
  const manifest = await cloud.manifest(op.cloud.id);
  const contentId = contentIdOf(manifest.chunks, (text) => hashes.sha256Hex(text));
  if (manifest.contentId !== op.cloud.contentId || contentId !== manifest.contentId)
    return void unavailable(op, execution);
  const staged = await disk.stage(op.opId);
  try {
    const intact = await receive(op, manifest.chunks, staged, execution);
    if (!intact) {
      await staged.discard();
      return void corrupt(op, path, execution);
    }
    await staged.finish();
  } catch (error) {
    await staged.discard();
    throw error;
  }
  return { op, request: requestFor(op, path, { staged: staged.name }) };
}

/** Chunk by chunk, each verified before it is written: at most one chunk is held in memory. */
async function receive(
  op: Download,
  chunks: readonly ChunkRef[],
  staged: { write(bytes: Uint8Array): Promise<void> },
  execution: Execution,
): Promise<boolean> {
  const range = { contentId: op.cloud.contentId ?? '', from: 0, to: op.cloud.size ?? 0 };
  const bytes = execution.deps.cloud.content(op.cloud.id, range, execution.request.signal);
  let received = 0;
  for await (const whole of cutInto(chunks, bytes)) {
    const chunk = chunks[received];
    if (!chunk || execution.deps.hashes.sha256Hex(whole) !== chunk.hash) return false;
    await staged.write(whole);
    received += 1;
  }
  return received === chunks.length;
}

/** Regroups a stream of bytes by the sizes of the chunks; a rest that fills no chunk is left out, surplus comes as an extra piece. */
export async function* cutInto(
  chunks: readonly ChunkRef[],
  stream: AsyncIterable<Uint8Array>,
): AsyncGenerator<Uint8Array> {
  let index = 0;
  let filled = 0;
  let buffer = new Uint8Array(chunks[0]?.size ?? 0);
  for await (const bytes of stream) {
    for (let at = 0; at < bytes.length;) {
      const part = bytes.subarray(at, at + buffer.length - filled);
      if (part.length === 0) return yield bytes.subarray(at);
      buffer.set(part, filled);
      filled += part.length;
      at += part.length;
      if (filled < buffer.length) continue;
      yield buffer;
      index += 1;
      filled = 0;
      buffer = new Uint8Array(chunks[index]?.size ?? 0);
    }
  }
}

async function placeAll(fetched: readonly Fetched[], execution: Execution): Promise<void> {
  if (fetched.length === 0) return;
  const results = await execution.deps.disk.place(fetched.map((item) => item.request));
  const draft = emptyAdvance();
  fetched.forEach(({ op, request }, index) => {
    const result = results[index];
    if (result?.t !== 'done') {
      notDone(op, op.parent, result ?? { t: 'changed' }, request.path, execution);
      execution.rescan.add(request.path.slice(0, Math.max(0, request.path.lastIndexOf('/'))));
      return;
    }
    const step = placed(op, result.sig, execution);
    draft.rows.push(...step.rows);
    draft.local.push(...step.local);
    draft.cloud.push(...step.cloud);
    draft.finished.push(...step.finished);
    execution.complete(op.opId, op.cloud.size ?? 0);
    execution.succeed(request.path);
  });
  execution.advance(draft);
}

function placed(op: Download, sig: StatSig, execution: Execution): ReturnType<typeof stepFor> {
  const { cloud } = op;
  const stored = { contentId: cloud.contentId, size: cloud.size, meta: cloud.meta, sig, rev: cloud.rev };
  const before = execution.deps.journal.base.get(op.id);
  const row: BaseNode = before
    ? { ...before, ...stored, state: 'managed' }
    : {
        id: op.id,
        parent: op.parent,
        localName: op.name,
        cloudName: cloud.name,
        kind: 'file',
        cloudId: cloud.id,
        state: 'managed',
        ...stored,
      };
  const content = { contentId: cloud.contentId ?? '', size: cloud.size ?? 0 };
  const node: LocalNode = { parent: op.parent, name: op.name, kind: 'file', sig, content, meta: cloud.meta };
  execution.setLocal(op.id, node);
  return stepFor(op.opId, row, node, execution);
}
