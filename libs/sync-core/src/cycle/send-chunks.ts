import { AppError, type ChunkRef } from '@tideline/contracts';
import type { StatSig } from '../model/tree.ts';
import type { Room } from '../ports/cloud.ts';
import type { FilePart, RelativePath } from '../ports/disk.ts';
import type { Execution } from './execution.ts';
import { partsOf, runsOf, sizeOf } from './file-parts.ts';
import { SendWindow } from './send-window.ts';
import { giveBack } from './transfer-memory.ts';

/** Chunks of one request. With the requests under way and the one being read, what is held of a large file in memory. */
const PACK_BYTES = 8 * 1024 * 1024;
/** Requests under way at once: the drive makes one durable while the next one travels and the one after is read. */
const PACKS_AT_ONCE = 2;
const MISSING_PAGE = 5000;

type Wanted = {
  readonly path: RelativePath;
  readonly expect: StatSig;
  readonly chunks: readonly ChunkRef[];
  readonly room: Room;
};
type Loaded = { readonly chunk: ChunkRef; readonly bytes: Uint8Array };

/**
 * Sends what the drive lacks of a large file, once it keeps room for all of it (`full`: it has none, or none beside
 * what was sent of the file when it was another).
 * Resuming and deduplicating are the same question: which chunks are missing?
 * Gives way between packs when something newer waits; what was sent stays sent.
 */
export async function sendChunks(
  file: Wanted,
  execution: Execution,
): Promise<'sent' | 'changed' | 'otherBytes' | 'yielded' | 'full'> {
  const missing = await findMissing(file.chunks, file.room, execution);
  if (missing === 'full') return 'full';
  const parts = partsOf(file.chunks).filter(({ chunk }) => missing.delete(chunk.hash));
  const sending = new SendWindow(PACKS_AT_ONCE);
  try {
    const outcome = await sendPacks(file, { parts, sending }, execution);
    await sending.settled();
    return outcome;
  } catch (error) {
    await sending.settled().catch(() => undefined); // the first failure tells
    if (isOtherContent(error)) return 'otherBytes';
    if (isOutOfRoom(error)) return 'full';
    throw error;
  }
}

async function sendPacks(
  { path, expect, room }: Wanted,
  { parts, sending }: { readonly parts: readonly FilePart[]; readonly sending: SendWindow },
  execution: Execution,
): Promise<'sent' | 'changed' | 'yielded'> {
  const { cloud } = execution.deps;
  for (const pack of runsOf(parts, PACK_BYTES)) {
    if (execution.request.signal.aborted || execution.mustYield()) return 'yielded';
    const held = await execution.memory.takeBuffer(sizeOf(pack), execution.request.signal);
    const loaded = await loadPack({ path, expect, pack, into: held.buffer }, execution).catch(giveBack(held));
    if (!loaded) {
      held.release();
      return 'changed';
    }
    // Until it is answered the bytes must stay as they are.
    const send = () => cloud.putPack(loaded, room.key).finally(held.release);
    await sending.begin(send).catch(giveBack(held));
  }
  return 'sent';
}

type Pack = Pick<Wanted, 'path' | 'expect'> & { readonly pack: readonly FilePart[]; readonly into: Uint8Array };

/** Nothing when the file is not what was expected any more. */
async function loadPack({ path, expect, pack, into }: Pack, { deps }: Execution): Promise<Loaded[] | undefined> {
  const loaded: Loaded[] = [];
  let at = 0;
  for (const { offset, chunk } of pack) {
    const read = await deps.disk.readChunk(path, expect, { offset, chunk, into: into.subarray(at) });
    if (read.t !== 'done') return undefined;
    loaded.push({ chunk, bytes: read.bytes });
    at += chunk.size;
  }
  return loaded;
}

/** The drive verifies every chunk; where one is not what was cut, the file has changed under a signature that did not. */
function isOtherContent(error: unknown): boolean {
  return error instanceof AppError && error.code === 'CHUNK_CORRUPT';
}

function isOutOfRoom(error: unknown): boolean {
  return error instanceof AppError && error.code === 'QUOTA_EXCEEDED';
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
    if (isOutOfRoom(error)) return 'full';
    throw error;
  }
  return missing;
}
