import { fork } from 'node:child_process';
import { createHash } from 'node:crypto';
import { once } from 'node:events';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import {
  encodeFrame,
  FRAME_CONTENT_TYPE,
  routes,
  type BatchOp,
  type ChunkRef,
  type NodeId,
  type OpId,
} from '@tideline/contracts';
import { newId } from './batches.ts';
import type { DeviceClient } from './device-client.ts';
import { cutChunks, makeLargeFile, toPacks, toRefs, type LargeFile, type PlacedChunk } from './large-file.ts';
import { keepAlive, rawCall } from './raw-http.ts';
import { figure, timed, type BenchRow } from './row.ts';
import type { DriveScene } from './scene.ts';
import { UsageMeter } from '../usage.ts';

const MB = 1_000_000;
const GB = 1_000_000_000;
const MiB = 1024 * 1024;
const AIM_MB_PER_SECOND = 350;
const MAX_SERVER_MIB = 512;
const PARALLEL_UPLOADS = 50;
/** Connections of one client that transfers a large file. */
const CONNECTIONS = 4;

export type TransferOptions = {
  readonly sizeBytes: number;
  /** Of each of the 50 uploads that run at once. */
  readonly parallelBytes: number;
};
export const TRANSFER_DEFAULTS: TransferOptions = { sizeBytes: 1024 * MiB, parallelBytes: 32 * MiB };

/** Large files through the real HTTP stack: up, down, up again with a byte inserted, and many at once. */
export async function runTransferBench(
  scene: DriveScene,
  options: TransferOptions = TRANSFER_DEFAULTS,
): Promise<BenchRow[]> {
  const device = await scene.device('transfer');
  const target = { url: scene.console.url, device };
  const bare = await measureBare(options.sizeBytes);
  const file = makeLargeFile(options.sizeBytes);
  const up = await metered(
    scene.console.pid,
    async () => {
      await sendChunks(target, file, file.chunks);
      return commitFile(device, 'large', file.chunks);
    },
    options.sizeBytes,
  );
  const down = await metered(scene.console.pid, () => download(target, up.answer), options.sizeBytes);
  await requireSame(target, up.answer, file);
  const resent = await sendShifted(target, file);
  const peakMiB = await measureParallel(scene, options.parallelBytes);
  const size = `${Math.round(options.sizeBytes / MiB)} MiB`;
  return [
    toRow(`upload of ${size}, ${CONNECTIONS} connections`, up, { ...bare.up, does: 'SHA-256 of every byte' }),
    toRow(`download of ${size}, one connection`, down, { ...bare.down, does: 'nothing but writing' }),
    {
      work: `second upload of ${size} with 1 byte inserted at the front`,
      aim: '≤ 3 chunks travel',
      measured: `${resent} of ${file.chunks.length} chunks`,
      isMet: resent <= 3,
    },
    {
      work: `${PARALLEL_UPLOADS} uploads of ${Math.round(options.parallelBytes / MiB)} MiB at once: memory of the server`,
      aim: `≤ ${MAX_SERVER_MIB} MiB`,
      measured: figure(peakMiB, 'MiB at its peak'),
      isMet: peakMiB <= MAX_SERVER_MIB,
    },
  ];
}

type Metered = { readonly seconds: number; readonly cpuSeconds: number; readonly bytes: number };

/** Wall time, and CPU time of the server's processes: the one that a busy machine does not change much. */
async function metered<T>(pid: number, work: () => Promise<T>, bytes: number): Promise<Metered & { answer: T }> {
  const meter = new UsageMeter(pid);
  const { seconds, answer } = await timed(work);
  return { seconds, answer, cpuSeconds: meter.result().cpuSeconds, bytes };
}

/** The aim is a rate, or what Node's bare HTTP server reaches on the same machine in the same minute. */
function toRow(work: string, ours: Metered, bare: Metered & { readonly does: string }): BenchRow {
  const rate = (of: Metered) => of.bytes / MB / of.seconds;
  const cpu = (of: Metered) => figure(of.cpuSeconds / (of.bytes / GB), 's of CPU per GB');
  return {
    work,
    aim: `≥ ${AIM_MB_PER_SECOND} MB/s, or the HTTP stack's limit`,
    measured: `${figure(rate(ours), 'MB/s')}, ${cpu(ours)}`,
    isMet: rate(ours) >= Math.min(AIM_MB_PER_SECOND, rate(bare) * 0.8),
    boundBy: `the bare HTTP server with ${bare.does}: ${figure(rate(bare), 'MB/s')}, ${cpu(bare)}`,
  };
}

type Target = { readonly url: string; readonly device: DeviceClient };

async function sendChunks(
  target: Target,
  file: Pick<LargeFile, 'bytes'>,
  chunks: readonly PlacedChunk[],
): Promise<void> {
  const packs = toPacks(chunks);
  const agent = keepAlive(CONNECTIONS);
  const url = `${target.url}/api${routes.drive.putPack.path.replace(':spaceId', target.device.spaceId)}`;
  const headers = { ...target.device.headers, 'content-type': FRAME_CONTENT_TYPE };
  const work = async () => {
    for (let pack = packs.shift(); pack; pack = packs.shift()) {
      const parts = pack.map(({ start, size }) => file.bytes.subarray(start, start + size));
      await rawCall({ url, method: 'PUT', headers, body: encodeFrame({ chunks: toRefs(pack) }, parts), agent });
    }
  };
  await Promise.all(Array.from({ length: CONNECTIONS }, work));
  agent.destroy();
}

function commitFile(device: DeviceClient, name: string, chunks: readonly PlacedChunk[]): Promise<NodeId> {
  return commitContent(device, name, toRefs(chunks));
}

/** A new file of chunks that were sent before. */
export async function commitContent(device: DeviceClient, name: string, refs: ChunkRef[]): Promise<NodeId> {
  const nodeId = newId<NodeId>();
  const content = { size: refs.reduce((sum, chunk) => sum + chunk.size, 0), chunks: refs };
  const ids = { opId: newId<OpId>(), nodeId, parentId: device.rootId };
  const op: BatchOp = { kind: 'createFile', ...ids, name, content, mtimeMs: 1_700_000_000_000, exec: false };
  const call = { params: { spaceId: device.spaceId }, body: { atomic: false, ops: [op], inline: [] } };
  const { outcomes } = await device.api.sendFrame(routes.drive.batch, call, []);
  if (outcomes[0]?.status !== 'done') throw new Error(`refused: ${JSON.stringify(outcomes[0]).slice(0, 300)}`);
  return nodeId;
}

export async function download(target: Target, nodeId: NodeId, onPiece?: (piece: Uint8Array) => void): Promise<number> {
  const agent = keepAlive(1);
  const url = `${target.url}/api${routes.drive.content.path.replace(':nodeId', nodeId)}`;
  const { headers } = target.device;
  const { bytes } = await rawCall({ url, method: 'GET', headers, agent, ...(onPiece ? { onPiece } : {}) });
  agent.destroy();
  return bytes;
}

async function requireSame(target: Target, nodeId: NodeId, file: LargeFile): Promise<void> {
  const sha256 = createHash('sha256');
  await download(target, nodeId, (piece) => sha256.update(piece));
  if (sha256.digest('hex') !== createHash('sha256').update(file.bytes).digest('hex')) {
    throw new Error('the download has other bytes than the upload');
  }
}

/** How many chunks travel when the same file comes again with one more byte in front. */
async function sendShifted(target: Target, file: LargeFile): Promise<number> {
  const bytes = Buffer.concat([Buffer.from('x'), file.bytes]);
  const chunks = cutChunks(bytes);
  const { device } = target;
  const { missing } = await device.api.call(routes.drive.missing, {
    params: { spaceId: device.spaceId },
    body: { chunks: toRefs(chunks) },
  });
  const lacking = new Set<string>(missing);
  const sent = chunks.filter((chunk) => lacking.has(chunk.hash));
  await sendChunks(target, { bytes }, sent);
  await commitFile(device, 'large, shifted', chunks);
  return sent.length;
}

/** Peak of the server process alone: PostgreSQL beside it holds no bytes of files. */
async function measureParallel(scene: DriveScene, bytesEach: number): Promise<number> {
  const names = Array.from({ length: PARALLEL_UPLOADS }, (_, index) => `parallel ${index}`);
  const devices = await Promise.all(names.map((name) => scene.device(name)));
  const shared = makeLargeFile(bytesEach + PARALLEL_UPLOADS);
  const toUpload = (device: DeviceClient, index: number) => {
    // Each begins one byte later and differs in its first bytes, so that nobody's first chunk is another one's.
    const bytes = Buffer.from(shared.bytes.subarray(index, index + bytesEach));
    for (let at = 0; at < bytes.length; at += MiB) bytes.writeUInt32BE((index << 16) ^ at, at);
    const chunks = cutChunks(bytes);
    return { device, file: { bytes, chunks } };
  };
  const uploads = devices.map(toUpload);
  await Promise.all(
    uploads.map(({ device, file }) => sendChunks({ url: scene.console.url, device }, file, file.chunks)),
  );
  return peakMiBOf(scene.console.pid);
}

function peakMiBOf(pid: number): number {
  return Number(/^VmHWM:\s+(\d+) kB/m.exec(readFileSync(`/proc/${pid}/status`, 'utf8'))?.[1] ?? Number.NaN) / 1024;
}

type Bare = { readonly up: Metered; readonly down: Metered };

/** Node's HTTP server alone, with the same client, connections and pieces. */
async function measureBare(sizeBytes: number): Promise<Bare> {
  const child = fork(join(import.meta.dirname, 'bare-http.ts'), { stdio: ['ignore', 'pipe', 'inherit', 'ipc'] });
  const [line] = (await once(child.stdout ?? process.stdin, 'data')) as [Buffer];
  const url = `http://127.0.0.1:${Number(line.toString())}`;
  const agent = keepAlive(CONNECTIONS);
  const body = Array.from({ length: 4 }, () => Buffer.alloc(4 * MiB, 1));
  let packs = Math.max(1, Math.round(sizeBytes / (16 * MiB)));
  try {
    const pid = child.pid ?? 0;
    const work = async () => {
      while (packs-- > 0) await rawCall({ url: `${url}/hash`, method: 'PUT', body, agent });
    };
    const sendAll = () => Promise.all(Array.from({ length: CONNECTIONS }, work));
    const up = await metered(pid, sendAll, sizeBytes);
    const getAll = () => rawCall({ url: `${url}/send?bytes=${sizeBytes}`, method: 'GET', agent });
    return { up, down: await metered(pid, getAll, sizeBytes) };
  } finally {
    agent.destroy();
    child.disconnect();
  }
}
