import { INLINE_FILE_BYTES, MAX_SINGLE_CHUNK_BYTES } from '@tideline/contracts';
import type { StatSig } from '../model/tree.ts';
import type { PlaceRequest } from '../ports/disk.ts';
import type { Download } from './execute-local.ts';
import type { Execution } from './execution.ts';
import { folderOf } from './folder-of.ts';
import { fetchLarge } from './fetch-large.ts';
import { giveUp, land, notDone } from './land-local.ts';
import { isPutOff } from './put-off.ts';
import { SendWindow } from './send-window.ts';
import { giveBack } from './transfer-memory.ts';

const BUNDLE_FILES = 500;
const BUNDLE_BYTES = 8 * 1024 * 1024;
/** Bundles in memory at most: those on their way and those being put in place. */
const FETCHED_AT_ONCE = 2;
const PLACED_AT_ONCE = 2;
/** GU-5: downloads stop before less than this, or less than 1 % of the disk, stays free. */
const RESERVE_BYTES = 1024 * 1024 * 1024;

type Fetched = { readonly op: Download; readonly request: PlaceRequest };

/**
 * D16: small files in bundles, the next one on its way while the last is put in place; then files of one chunk the same way;
 * then large files one by one. All but the small ones give way when something newer waits.
 */
export async function executeDownloads(ops: readonly Download[], execution: Execution): Promise<void> {
  const { due = [], putOff = [] } = Object.groupBy(ops, (op) => (isPutOff(op, execution) ? 'putOff' : 'due'));
  for (const op of putOff) execution.putOff(op);
  const wanted = await withinReserve(due, execution);
  const { small = [], medium = [], large = [] } = Object.groupBy(wanted, sizeClass);
  await downloadBundles(small, { givesWay: false }, execution);
  await downloadBundles(medium, { givesWay: true }, execution);
  await downloadLarge(large, execution);
}

/** Large files give way when something newer waits; what came of them stays in staging, and they are planned again. */
async function downloadLarge(ops: readonly Download[], execution: Execution): Promise<void> {
  for (const [index, op] of ops.entries()) {
    if (execution.request.signal.aborted) return;
    if (execution.yielded > 0) return leave(ops.slice(index), execution);
    const fetched = await fetchOne(op, execution);
    if (fetched === 'yielded') return leave(ops.slice(index), execution);
    if (fetched) await placeAll([fetched], execution);
  }
}

/** They are planned again in the next cycle. */
function leave(ops: readonly Download[], execution: Execution): void {
  execution.yielded += ops.length;
  execution.advance({ finished: ops.map((op) => op.opId) });
}

/**
 * Some bundles are on their way while others are written and made durable. Nothing goes on behind the back of the cycle:
 * whatever fails, what is being fetched and put in place is waited for.
 */
async function downloadBundles(
  ops: readonly Download[],
  { givesWay }: { readonly givesWay: boolean },
  execution: Execution,
): Promise<void> {
  const bundles = bundlesOf(ops);
  const placing = new SendWindow(PLACED_AT_ONCE);
  const lane = async (): Promise<void> => {
    for (let bundle = bundles.shift(); bundle; bundle = bundles.shift()) {
      if (execution.request.signal.aborted) return;
      if (givesWay && execution.mustYield()) return leave([bundle, ...bundles.splice(0)].flat(), execution);
      await downloadBundle(bundle, placing, execution);
    }
  };
  const fetched = await Promise.allSettled(Array.from({ length: FETCHED_AT_ONCE }, lane));
  const placed = await Promise.allSettled([placing.settled()]);
  for (const ended of [...fetched, ...placed]) if (ended.status === 'rejected') throw ended.reason;
}

/** Received where the thread that puts it in place reads it. */
async function downloadBundle(ops: readonly Download[], placing: SendWindow, execution: Execution): Promise<void> {
  const held = await execution.memory.takeSharedBuffer(bytesOf(ops), execution.request.signal);
  const fetched = await fetchBundle(ops, held.buffer, execution).catch(giveBack(held));
  const place = () => placeAll(fetched, execution).finally(held.release);
  await placing.begin(place).catch(giveBack(held));
}

const bytesOf = (ops: readonly Download[]): number => ops.reduce((sum, { cloud }) => sum + (cloud.size ?? 0), 0);

function sizeClass({ cloud }: Download): 'small' | 'medium' | 'large' {
  const sizeBytes = cloud.size ?? 0;
  if (sizeBytes > MAX_SINGLE_CHUNK_BYTES) return 'large';
  return sizeBytes > INLINE_FILE_BYTES ? 'medium' : 'small';
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

async function fetchBundle(ops: readonly Download[], into: Uint8Array, execution: Execution): Promise<Fetched[]> {
  const { cloud, hashes } = execution.deps;
  const nodes = ops.map((op) => ({ nodeId: op.cloud.id, contentId: op.cloud.contentId ?? '' }));
  const answer = await cloud.bundle(nodes, execution.request.signal, into);
  const items = new Map(answer.map((item) => [item.nodeId, item]));
  const fetched: Fetched[] = [];
  for (const op of ops) {
    const item = items.get(op.cloud.id);
    const path = execution.live.childPath(op.parent, op.name);
    if (path === undefined) giveUp(execution, op, op.parent);
    else if (item?.t !== 'bytes') unavailable(op, execution);
    else if (hashes.sha256Hex(item.bytes) !== op.cloud.contentId) corrupt(op, path, execution);
    else fetched.push({ op, request: requestFor(op, { path, execution }, { bytes: item.bytes }) });
  }
  return fetched;
}

type Where = { readonly path: string; readonly execution: Execution };

function requestFor(op: Download, { path, execution }: Where, from: PlaceRequest['from']): PlaceRequest {
  const into = execution.folderNow(op.parent);
  const contentId = op.replaces && execution.localNow(op.id)?.content?.contentId;
  const replaced = contentId ? { replaced: { nodeId: op.cloud.id, contentId } } : {};
  return { opId: op.opId, path, replaces: op.replaces, ...replaced, into, meta: op.cloud.meta, from };
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

async function fetchOne(op: Download, execution: Execution): Promise<Fetched | 'yielded' | undefined> {
  const path = execution.live.childPath(op.parent, op.name);
  if (path === undefined) {
    giveUp(execution, op, op.parent);
    return undefined;
  }
  const source = op.replaces && { path, expect: op.replaces };
  const fetched = await fetchLarge(op, source, execution);
  switch (fetched.t) {
    case 'staged':
      return { op, request: requestFor(op, { path, execution }, { staged: fetched.name }) };
    case 'yielded':
      return 'yielded';
    case 'corrupt':
      corrupt(op, path, execution);
      return undefined;
    case 'refused':
      notDone(execution, op, { near: op.parent, path, result: fetched });
      return undefined;
    case 'unavailable':
      unavailable(op, execution);
      return undefined;
  }
}

async function placeAll(fetched: readonly Fetched[], execution: Execution): Promise<void> {
  if (fetched.length === 0) return;
  const results = await execution.deps.disk.place(fetched.map((item) => item.request));
  fetched.forEach(({ op, request }, index) => {
    const result = results[index];
    if (result?.t === 'done') return placed(op, result.sig, execution);
    notDone(execution, op, { near: op.parent, path: request.path, result: result ?? { t: 'changed' } });
    execution.rescan.add(folderOf(request.path));
  });
  execution.flush();
}

function placed(op: Download, sig: StatSig, execution: Execution): void {
  const { parent, name, cloud } = op;
  const content = { contentId: cloud.contentId ?? '', size: cloud.size ?? 0 };
  land(execution, op, { parent, name, kind: 'file', sig, content, meta: cloud.meta });
}
