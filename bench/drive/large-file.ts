import { hash, randomFillSync } from 'node:crypto';
import type { ChunkRef } from '@tideline/contracts';
import { createCutter } from '@tideline/contracts/chunking';

export type LargeFile = { readonly bytes: Buffer; readonly chunks: readonly PlacedChunk[] };
export type PlacedChunk = ChunkRef & { readonly start: number };

/** As agents fill them (sync-core `send-chunks.ts`). */
const PACK_BYTES = 16 * 1024 * 1024;

/** Random bytes, cut and hashed as an agent would: done before anything is measured. */
export function makeLargeFile(sizeBytes: number): LargeFile {
  const bytes = Buffer.allocUnsafe(sizeBytes);
  randomFillSync(bytes);
  return { bytes, chunks: cutChunks(bytes) };
}

export function cutChunks(bytes: Buffer): PlacedChunk[] {
  const cutter = createCutter();
  const chunks: PlacedChunk[] = [];
  let start = 0;
  for (let at = 0; at < bytes.length;) {
    const { length, isCut } = cutter.next(bytes, at);
    at += length;
    if (!isCut && at < bytes.length) continue;
    chunks.push({
      hash: hash('sha256', bytes.subarray(start, at), 'hex') as ChunkRef['hash'],
      size: at - start,
      start,
    });
    start = at;
  }
  return chunks;
}

export function toRefs(chunks: readonly PlacedChunk[]): ChunkRef[] {
  return chunks.map(({ hash: chunkHash, size }) => ({ hash: chunkHash, size }));
}

export function toPacks(chunks: readonly PlacedChunk[]): PlacedChunk[][] {
  const packs: PlacedChunk[][] = [];
  let packBytes = PACK_BYTES;
  for (const chunk of chunks) {
    if (packBytes + chunk.size > PACK_BYTES) {
      packs.push([]);
      packBytes = 0;
    }
    packs.at(-1)?.push(chunk);
    packBytes += chunk.size;
  }
  return packs;
}
