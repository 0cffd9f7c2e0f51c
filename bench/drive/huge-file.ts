import { createHash, hash, randomFillSync } from 'node:crypto';
import { statfs } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { encodeFrame, FRAME_CONTENT_TYPE, routes, type ChunkRef, type NodeId } from '@tideline/contracts';
import { ConsoleMemory } from './console-memory.ts';
import type { DeviceClient } from './device-client.ts';
import { keepAlive, rawCall } from './raw-http.ts';
import { figure, timed, type BenchRow } from './row.ts';
import type { DriveScene } from './scene.ts';
import { commitContent, download } from './transfer.ts';

const MB = 1_000_000;
const GiB = 1024 ** 3;
const CHUNK_BYTES = 4 * 1024 * 1024;
const CHUNKS_PER_PACK = 4;
const CONNECTIONS = 4;
const MAX_SERVER_MIB = 512;
/** Beyond the file itself: the database, its log, and what the machine needs. */
const SPARE_BYTES = 4 * GiB;

/**
 * One really large file up and down, made as it is sent and checked as it comes, so that it is nowhere but on the server. What is
 * asked is how much memory the server takes for it.
 */
export async function runHugeBench(scene: DriveScene, sizeGiB: number): Promise<BenchRow[]> {
  const sizeBytes = Math.round((sizeGiB * GiB) / CHUNK_BYTES) * CHUNK_BYTES;
  await requireRoom(sizeBytes);
  const target = { url: scene.console.url, device: await scene.device('huge') };
  const [up, down] = [new ConsoleMemory(scene.console.pid), new ConsoleMemory(scene.console.pid)];
  const sent = await timed(() => up.during(() => send(target, sizeBytes)));
  const nodeId = await commitContent(target.device, 'huge', sent.answer);
  const fetched = await timed(() => down.during(() => fetchAndCheck(target, nodeId, sent.answer)));
  const size = `${sizeGiB} GiB made on the fly`;
  return [
    toRow(`upload of ${size}, ${CONNECTIONS} connections: memory of the server`, up, sizeBytes / sent.seconds),
    toRow(`download of ${size}: memory of the server`, down, sizeBytes / fetched.seconds),
  ];
}

async function requireRoom(sizeBytes: number): Promise<void> {
  const { bavail, bsize } = await statfs(tmpdir());
  if (bavail * bsize > sizeBytes + SPARE_BYTES) return;
  throw new Error(`${tmpdir()} has no room for ${sizeBytes / GiB} GiB and ${SPARE_BYTES / GiB} GiB to spare`);
}

type Target = { readonly url: string; readonly device: DeviceClient };

async function send({ url, device }: Target, sizeBytes: number): Promise<ChunkRef[]> {
  const chunks: ChunkRef[] = [];
  const base = Buffer.allocUnsafe(CHUNK_BYTES);
  randomFillSync(base);
  const count = sizeBytes / CHUNK_BYTES;
  const agent = keepAlive(CONNECTIONS);
  const call = {
    url: `${url}/api${routes.drive.putPack.path.replace(':spaceId', device.spaceId)}`,
    method: 'PUT',
    agent,
  };
  const headers = { ...device.headers, 'content-type': FRAME_CONTENT_TYPE };
  let begun = 0;
  const work = async () => {
    while (begun < count) {
      const at = begun;
      begun += CHUNKS_PER_PACK;
      const parts = Array.from({ length: Math.min(CHUNKS_PER_PACK, count - at) }, (_, index) =>
        makeChunk(base, at + index),
      );
      const refs = parts.map(toRef);
      refs.forEach((ref, index) => (chunks[at + index] = ref));
      await rawCall({ ...call, headers, body: encodeFrame({ chunks: refs }, parts) });
    }
  };
  await Promise.all(Array.from({ length: CONNECTIONS }, work));
  agent.destroy();
  return chunks;
}

/** No two are the same, and none compresses. */
function makeChunk(base: Buffer, number: number): Buffer {
  const chunk = Buffer.from(base);
  chunk.writeUInt32BE(number, 0);
  return chunk;
}

function toRef(bytes: Buffer): ChunkRef {
  return { hash: hash('sha256', bytes, 'hex') as ChunkRef['hash'], size: bytes.length };
}

async function fetchAndCheck(target: Target, nodeId: NodeId, chunks: readonly ChunkRef[]): Promise<void> {
  let [at, leftBytes, sha256] = [0, CHUNK_BYTES, createHash('sha256')];
  await download(target, nodeId, (piece) => {
    for (let rest = piece; rest.length > 0;) {
      const taken = rest.subarray(0, leftBytes);
      sha256.update(taken);
      leftBytes -= taken.length;
      rest = rest.subarray(taken.length);
      if (leftBytes > 0) continue;
      if (sha256.digest('hex') !== chunks[at]?.hash) throw new Error(`chunk ${at} came back with other bytes`);
      [at, leftBytes, sha256] = [at + 1, CHUNK_BYTES, createHash('sha256')];
    }
  });
  if (at !== chunks.length) throw new Error(`${at} of ${chunks.length} chunks came back`);
}

function toRow(work: string, memory: ConsoleMemory, bytesPerSecond: number): BenchRow {
  const whole = memory.peakWithDatabaseMiB;
  return {
    work,
    aim: `≤ ${MAX_SERVER_MIB} MiB`,
    measured: `console ${memory.peakMiB} MiB at its peak, with PostgreSQL ${whole} MiB; ${figure(bytesPerSecond / MB, 'MB/s')}`,
    isMet: whole <= MAX_SERVER_MIB,
    boundBy: 'both sides hash every byte',
  };
}
