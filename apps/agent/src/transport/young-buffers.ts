import { exposeCollector } from '../runtime/collector.ts';

/** A few of them are under way between two young collections. */
const EVERY_BYTES = 16 * 1024 ** 2;

/**
 * Collects the young heap once so many bytes have been fetched. Pieces of files die young, but a small object in the heap stands for
 * each of them: V8 sees little reason to collect until the buffers themselves weigh so much that it goes through the whole
 * heap, some 30 times per 512 MiB. A young collection takes about a millisecond and finds nearly all of them.
 */
export function createYoungBuffers(
  collect: () => void = () => exposeCollector()({ type: 'minor' }),
): (bytes: number) => void {
  let passedBytes = 0;
  return (bytes) => {
    passedBytes += bytes;
    if (passedBytes < EVERY_BYTES) return;
    passedBytes = 0;
    collect();
  };
}
