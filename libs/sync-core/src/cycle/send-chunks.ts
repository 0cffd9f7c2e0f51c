import { AppError, type ChunkRef } from '@tideline/contracts';
import type { StatSig } from '../model/tree.ts';
import type { Room } from '../ports/cloud.ts';
import type { RelativePath } from '../ports/disk.ts';
import type { Execution } from './execution.ts';

/** Chunks of one request: what the process buffers of a large file at most, besides one request in flight. */
const PACK_BYTES = 16 * 1024 * 1024;
const MISSING_PAGE = 5000;

type LargeFile = {
  readonly path: RelativePath;
  readonly expect: StatSig;
  readonly chunks: readonly ChunkRef[];
  readonly room: Room;
};
type Part = { readonly offset: number; readonly chunk: ChunkRef };

/**
 * Sends what the drive lacks of a large file, once it keeps room for all of it (`full`: it has none, and nothing was sent).
 * Resuming and deduplicating are the same question: which chunks are missing?
 * Gives way between packs when something newer waits; what was sent stays sent.
 */
export async function sendChunks(
  { path, expect, chunks, room }: LargeFile,
  execution: Execution,
): Promise<'sent' | 'changed' | 'yielded' | 'full'> {
  const missing = await findMissing(chunks, room, execution);
  if (missing === 'full') return 'full';
  for (const pack of packsOf(partsOf(chunks, missing))) {
    if (execution.request.signal.aborted || execution.mustYield()) return 'yielded';
    const loaded: { chunk: ChunkRef; bytes: Uint8Array }[] = [];
    for (const part of pack) {
      const read = await execution.deps.disk.readChunk(path, expect, part);
      if (read.t !== 'done' || execution.deps.hashes.sha256Hex(read.bytes) !== part.chunk.hash) return 'changed';
      loaded.push({ chunk: part.chunk, bytes: read.bytes });
    }
    await execution.deps.cloud.putPack(loaded, room.key);
  }
  return 'sent';
}

/** Which chunks to send; without any it only asks for the room. `full`: there is none for the whole file. */
export async function findMissing(
  chunks: readonly ChunkRef[],
  room: Room,
  { deps }: Execution,
): Promise<Set<string> | 'full'> {
  const missing = new Set<string>();
  try {
    for (let at = 0; at === 0 || at < chunks.length; at += MISSING_PAGE) {
      for (const hash of await deps.cloud.missing(chunks.slice(at, at + MISSING_PAGE), room)) missing.add(hash);
    }
  } catch (error) {
    if (error instanceof AppError && error.code === 'QUOTA_EXCEEDED') return 'full';
    throw error;
  }
  return missing;
}

function partsOf(chunks: readonly ChunkRef[], missing: Set<string>): Part[] {
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
