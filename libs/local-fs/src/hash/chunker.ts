import { createHash, hash, type Hash } from 'node:crypto';
import { CDC_SIZES, createCutter, type ChunkSizes } from '@tideline/contracts/chunking';
import { contentIdOf } from '@tideline/contracts/content-id';
import type { ChunkRef } from '@tideline/contracts';

export type Chunker = {
  /** Takes the next bytes of the file; they may be reused afterwards. */
  push(bytes: Uint8Array): void;
  /** The chunks of all bytes taken, in order. */
  end(): readonly ChunkRef[];
};

/** Cuts a stream by its content (FastCDC-style), so that an insertion changes the chunks around it only. */
export function createChunker(sizes: ChunkSizes = CDC_SIZES): Chunker {
  const chunks: ChunkRef[] = [];
  const cutter = createCutter(sizes);
  let digest: Hash | undefined;
  let size = 0;
  const finish = (): void => {
    if (digest) chunks.push({ hash: digest.digest('hex') as ChunkRef['hash'], size });
    digest = undefined;
    size = 0;
  };
  return {
    push: (bytes) => {
      for (let at = 0; at < bytes.length;) {
        const { length, isCut } = cutter.next(bytes, at);
        digest ??= createHash('sha256');
        digest.update(bytes.subarray(at, at + length));
        size += length;
        at += length;
        if (isCut) finish();
      }
    },
    end: () => {
      finish();
      return chunks;
    },
  };
}

export const sha256Hex = (bytes: Uint8Array | string): string => hash('sha256', bytes, 'hex');

export const toContentId = (chunks: readonly ChunkRef[]): string => contentIdOf(chunks, sha256Hex);
