import { MAX_SINGLE_CHUNK_BYTES, type ChunkRef } from '@tideline/contracts';
import type { Hashes } from '../ports/clock.ts';

const PIECE_BYTES = 3 * 1024 * 1024;

/** Chunks of a file's bytes: one for small files as everywhere, pieces of one size for large ones, which is enough for fakes. */
export function cutBytes(bytes: Uint8Array, hashes: Hashes): readonly ChunkRef[] {
  if (bytes.length === 0) return [];
  const pieceBytes = bytes.length <= MAX_SINGLE_CHUNK_BYTES ? bytes.length : PIECE_BYTES;
  return Array.from({ length: Math.ceil(bytes.length / pieceBytes) }, (_, index) => {
    const piece = bytes.subarray(index * pieceBytes, (index + 1) * pieceBytes);
    return { hash: hashes.sha256Hex(piece), size: piece.length } as ChunkRef;
  });
}
