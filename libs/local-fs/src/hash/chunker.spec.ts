import { createHash } from 'node:crypto';
import { describe, expect, it } from 'vitest';
import fc from 'fast-check';
import { CDC_SIZES, GEAR, type ChunkSizes } from '@tideline/contracts/chunking';
import { createChunker, toContentId } from './chunker.ts';

/** Deterministic bytes that do not compress: a counter run through SHA-256. */
function noise(seed: string, sizeBytes: number): Uint8Array {
  const bytes = new Uint8Array(sizeBytes);
  let block = createHash('sha256').update(seed).digest();
  for (let at = 0; at < sizeBytes; at += block.length) {
    bytes.set(block.subarray(0, Math.min(block.length, sizeBytes - at)), at);
    block = createHash('sha256').update(block).digest();
  }
  return bytes;
}

function chunksOf(bytes: Uint8Array, stepBytes = 1024 * 1024, sizes: ChunkSizes = CDC_SIZES) {
  const chunker = createChunker(sizes);
  for (let at = 0; at < bytes.length; at += stepBytes) chunker.push(bytes.subarray(at, at + stepBytes));
  return chunker.end();
}

const MIB = 1024 * 1024;
const large = noise('tideline', 48 * MIB);

describe('cutting by content', () => {
  it('keeps the gear table that is written down', () => {
    expect(createHash('sha256').update(new Uint8Array(GEAR.buffer)).digest('hex')).toBe(
      '65cb7e97b74009e918e5a78c4047ce95cae4bc392fc8a3e5bb5b9a6ac6a1f73d',
    );
  });

  it('cuts into chunks of 1 to 16 MiB whose hashes and sizes are those of the bytes', () => {
    const chunks = chunksOf(large);
    let at = 0;
    for (const [index, chunk] of chunks.entries()) {
      const part = large.subarray(at, at + chunk.size);
      expect(chunk.hash).toBe(createHash('sha256').update(part).digest('hex'));
      expect(chunk.size).toBeLessThanOrEqual(CDC_SIZES.maxBytes);
      if (index < chunks.length - 1) expect(chunk.size).toBeGreaterThanOrEqual(CDC_SIZES.minBytes);
      at += chunk.size;
    }
    expect(at).toBe(large.length);
    expect(chunks.length).toBeGreaterThan(4);
  });

  it('cuts at the same places however the bytes arrive', () => {
    const sizes = { minBytes: 256, avgBytes: 1024, maxBytes: 4096 };
    fc.assert(
      fc.property(fc.uint8Array({ maxLength: 20_000 }), fc.integer({ min: 1, max: 5000 }), (bytes, stepBytes) => {
        expect(chunksOf(bytes, stepBytes, sizes)).toEqual(chunksOf(bytes, Math.max(1, bytes.length), sizes));
      }),
      { numRuns: 200 },
    );
  });

  it('[D17] sends at most 3 chunks anew after an insertion at the front', () => {
    fc.assert(
      fc.property(fc.uint8Array({ minLength: 1, maxLength: 100 }), (inserted) => {
        const known = new Set(chunksOf(large).map((chunk) => chunk.hash));
        const shifted = new Uint8Array(large.length + inserted.length);
        shifted.set(inserted);
        shifted.set(large, inserted.length);
        expect(chunksOf(shifted).filter((chunk) => !known.has(chunk.hash)).length).toBeLessThanOrEqual(3);
      }),
      { numRuns: 3 },
    );
  });

  it('cuts bytes without any structure at the largest size', () => {
    const chunks = chunksOf(new Uint8Array(33 * MIB));
    expect(chunks.map((chunk) => chunk.size)).toEqual([16 * MIB, 16 * MIB, MIB]);
  });

  it('names the content of one chunk by its hash, of no chunk by the hash of nothing', () => {
    const [chunk] = chunksOf(large.subarray(0, 1000));
    expect(toContentId(chunk ? [chunk] : [])).toBe(chunk?.hash);
    expect(toContentId([])).toBe(createHash('sha256').digest('hex'));
  });
});
