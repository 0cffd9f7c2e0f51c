import type { ChunkRef } from '@tideline/contracts';
import type { StatSig } from '../model/tree.ts';
import type { RelativePath } from '../ports/disk.ts';
import type { Execution } from './execution.ts';

/** Chunks of one request: what the process buffers of a large file at most, besides one request in flight. */
const PACK_BYTES = 16 * 1024 * 1024;
const MISSING_PAGE = 5000;

type LargeFile = { readonly path: RelativePath; readonly expect: StatSig; readonly chunks: readonly ChunkRef[] };
type Part = { readonly offset: number; readonly chunk: ChunkRef };

/**
 * Sends what the drive lacks of a large file. Resuming and deduplicating are the same question: which chunks are missing?
 * Gives way between packs when something newer waits; what was sent stays sent.
 */
export async function sendChunks(
  { path, expect, chunks }: LargeFile,
  execution: Execution,
): Promise<'sent' | 'changed' | 'yielded'> {
  const parts = await missingParts(chunks, execution);
  for (const pack of packsOf(parts)) {
    if (execution.request.signal.aborted || execution.mustYield()) return 'yielded';
    const loaded: { chunk: ChunkRef; bytes: Uint8Array }[] = [];
    for (const part of pack) {
      const read = await execution.deps.disk.readChunk(path, expect, part);
      if (read.t !== 'done' || execution.deps.hashes.sha256Hex(read.bytes) !== part.chunk.hash) return 'changed';
      loaded.push({ chunk: part.chunk, bytes: read.bytes });
    }
    await execution.deps.cloud.putPack(loaded);
  }
  return 'sent';
}

async function missingParts(chunks: readonly ChunkRef[], execution: Execution): Promise<Part[]> {
  const missing = new Set<string>();
  for (let at = 0; at < chunks.length; at += MISSING_PAGE) {
    for (const hash of await execution.deps.cloud.missing(chunks.slice(at, at + MISSING_PAGE))) missing.add(hash);
  }
  const parts: Part[] = [];
  let offset = 0;
  for (const chunk of chunks) {
    if (missing.delete(chunk.hash)) parts.push({ offset, chunk });
    offset += chunk.size;
  }
  return parts;
}

function packsOf(parts: readonly Part[]): Part[][] {
  const packs: Part[][] = [];
  let bytes = PACK_BYTES;
  for (const part of parts) {
    if (bytes + part.chunk.size > PACK_BYTES) {
      packs.push([]);
      bytes = 0;
    }
    packs.at(-1)?.push(part);
    bytes += part.chunk.size;
  }
  return packs;
}
