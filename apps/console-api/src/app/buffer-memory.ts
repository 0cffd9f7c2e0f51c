import { setFlagsFromString } from 'node:v8';

/** A flag of V8 13 (Node 24). */
const FLAG = '--external-memory-accounted-in-global-limit';

/**
 * Bytes of files pass through buffers outside of the heap. By default V8 collects the whole heap whenever some 40 MiB of them have come
 * to be: ten times and more per 512 MiB of a download. Counted into the limit that V8 keeps for heap and buffers together, they are
 * collected when that has grown by a factor, as everything else is. What uploads hold at once then weighs more: see WRITE_BYTES of the
 * directory's store.
 */
export function countBuffersAsHeap(): void {
  setFlagsFromString(FLAG);
}
