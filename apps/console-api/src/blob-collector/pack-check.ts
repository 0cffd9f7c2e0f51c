import { hash } from 'node:crypto';
import { BlobMissingError, type BlobStore } from '../blobs/blob-store.ts';

export type Damage = 'missing' | 'corrupt';
export type CheckedChunk = { readonly hash: string; readonly sizeBytes: number; readonly packOffset: number };
export type ChunkState<Chunk> =
  { readonly chunk: Chunk; readonly bytes: Uint8Array } | { readonly chunk: Chunk; readonly damage: Damage };

/** Neighbours are read together up to this many bytes, which is also what is held at once; a chunk is at most that large. */
const READ_AHEAD_BYTES = 16 * 1024 * 1024;

/** Reads chunks of one pack, in the order in which they lie, and says of each whether its bytes are there and have its hash. */
export async function* readVerified<Chunk extends CheckedChunk>(
  blobs: BlobStore,
  key: string,
  chunks: readonly Chunk[],
): AsyncIterable<ChunkState<Chunk>> {
  for (const run of toRuns(chunks)) {
    const bytes = await findBytes(blobs, key, run);
    if (bytes) yield* run.map((chunk) => verify(chunk, bytes.subarray(chunk.packOffset - startOf(run))));
    else for (const chunk of run) yield await readAlone(blobs, key, chunk);
  }
}

async function readAlone<Chunk extends CheckedChunk>(
  blobs: BlobStore,
  key: string,
  chunk: Chunk,
): Promise<ChunkState<Chunk>> {
  const bytes = await findBytes(blobs, key, [chunk]);
  return bytes ? verify(chunk, bytes) : { chunk, damage: 'missing' };
}

function verify<Chunk extends CheckedChunk>(chunk: Chunk, from: Uint8Array): ChunkState<Chunk> {
  const bytes = from.subarray(0, chunk.sizeBytes);
  return hash('sha256', bytes, 'hex') === chunk.hash ? { chunk, bytes } : { chunk, damage: 'corrupt' };
}

/** The bytes of neighbours, or `undefined` when some are not there, or the disk cannot give them. */
async function findBytes(blobs: BlobStore, key: string, run: readonly CheckedChunk[]): Promise<Uint8Array | undefined> {
  const lengthBytes = run.reduce((sum, chunk) => sum + chunk.sizeBytes, 0);
  const pieces: Uint8Array[] = [];
  try {
    for await (const piece of blobs.read(key, startOf(run), lengthBytes)) pieces.push(piece);
    return Buffer.concat(pieces);
  } catch (error) {
    if (error instanceof BlobMissingError || isUnreadable(error)) return undefined;
    throw error;
  }
}

function toRuns<Chunk extends CheckedChunk>(chunks: readonly Chunk[]): Chunk[][] {
  const runs: Chunk[][] = [];
  let endByte = -1;
  let runBytes = 0;
  for (const chunk of chunks) {
    const run = runs.at(-1);
    const joins = run && chunk.packOffset === endByte && runBytes + chunk.sizeBytes <= READ_AHEAD_BYTES;
    if (joins) run.push(chunk);
    else runs.push([chunk]);
    runBytes = (joins ? runBytes : 0) + chunk.sizeBytes;
    endByte = chunk.packOffset + chunk.sizeBytes;
  }
  return runs;
}

function startOf(run: readonly CheckedChunk[]): number {
  return run[0]?.packOffset ?? 0;
}

/** A sector that the disk gave up: as lost as a file that is gone. Other failures pass and say nothing about the bytes. */
function isUnreadable(error: unknown): boolean {
  return error instanceof Error && 'code' in error && error.code === 'EIO';
}
