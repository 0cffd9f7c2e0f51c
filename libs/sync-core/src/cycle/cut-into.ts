import type { ChunkRef } from '@tideline/contracts';

/**
 * Regroups a stream of bytes by the sizes of the chunks. A rest that fills no chunk is left out; surplus comes as one more
 * piece, so that the caller sees both as a count that does not fit. A piece holds until the next one is asked for: all of them
 * share `room`, which has the size of the largest chunk at least.
 */
export async function* cutInto(
  chunks: readonly ChunkRef[],
  stream: AsyncIterable<Uint8Array>,
  room: Uint8Array,
): AsyncGenerator<Uint8Array, void> {
  let index = 0;
  let filled = 0;
  let buffer = room.subarray(0, chunks[0]?.size ?? 0);
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
      buffer = room.subarray(0, chunks[index]?.size ?? 0);
    }
  }
}
