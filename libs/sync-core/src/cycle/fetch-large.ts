import { AppError, contentIdOf, type ChunkRef } from '@tideline/contracts';
import type { CloudNode } from '../model/tree.ts';
import type { StagedFile } from '../ports/disk.ts';
import type { Execution } from './execution.ts';

export type LargeFetch = { readonly t: 'staged'; readonly name: string } | { readonly t: 'unavailable' | 'corrupt' };

/** Brings a large file into staging, chunk by chunk, each verified before it is written: at most one chunk is held in memory. */
export async function fetchLarge(node: CloudNode, opId: string, execution: Execution): Promise<LargeFetch> {
  const { cloud, disk, hashes } = execution.deps;
  const manifest = await cloud.manifest(node.id).catch(absentIfGone);
  const contentId = manifest && contentIdOf(manifest.chunks, (text) => hashes.sha256Hex(text));
  if (!manifest || contentId !== manifest.contentId || contentId !== node.contentId) return { t: 'unavailable' };
  const staged = await disk.stage(opId);
  try {
    const received = await receive(node, { chunks: manifest.chunks, staged }, execution);
    if (received !== 'whole') {
      await staged.discard();
      return { t: received };
    }
    await staged.finish();
    return { t: 'staged', name: staged.name };
  } catch (error) {
    await staged.discard();
    throw error;
  }
}

/** The file was deleted since the plan was made; the feed tells. */
function absentIfGone(error: unknown): undefined {
  if (error instanceof AppError && error.code === 'NODE_UNKNOWN') return undefined;
  throw error;
}

async function receive(
  node: CloudNode,
  into: { readonly chunks: readonly ChunkRef[]; readonly staged: StagedFile },
  execution: Execution,
): Promise<'whole' | 'unavailable' | 'corrupt'> {
  const range = { contentId: node.contentId ?? '', from: 0, to: node.size ?? 0 };
  const bytes = execution.deps.cloud.content(node.id, range, execution.request.signal);
  let received = 0;
  for await (const whole of cutInto(into.chunks, bytes)) {
    const chunk = into.chunks[received];
    if (!chunk || execution.deps.hashes.sha256Hex(whole) !== chunk.hash) return 'corrupt';
    await into.staged.write(whole);
    received += 1;
  }
  // Fewer bytes than promised: the drive has another content by now.
  return received === into.chunks.length ? 'whole' : 'unavailable';
}

/**
 * Regroups a stream of bytes by the sizes of the chunks. A rest that fills no chunk is left out; surplus comes as one more
 * piece, so that the caller sees both as a count that does not fit.
 */
export async function* cutInto(
  chunks: readonly ChunkRef[],
  stream: AsyncIterable<Uint8Array>,
): AsyncGenerator<Uint8Array, void> {
  let index = 0;
  let filled = 0;
  let buffer = new Uint8Array(chunks[0]?.size ?? 0);
  for await (const bytes of stream) {
    for (let at = 0; at < bytes.length;) {
      const part = bytes.subarray(at, at + buffer.length - filled);
      if (part.length === 0) {
        yield bytes.subarray(at);
        return;
      }
      buffer.set(part, filled);
      filled += part.length;
      at += part.length;
      if (filled < buffer.length) continue;
      yield buffer;
      index += 1;
      filled = 0;
      buffer = new Uint8Array(chunks[index]?.size ?? 0);
    }
  }
}
