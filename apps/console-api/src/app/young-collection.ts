import { setFlagsFromString } from 'node:v8';
import { runInNewContext } from 'node:vm';

/**
 * Collects the young heap once that many bytes have passed through buffers. Pieces of files die young, but a small object in the heap
 * stands for each of them: V8 sees little reason to collect until the buffers themselves weigh so much that it goes through the
 * whole heap. A young collection takes about a millisecond, and finds nearly all of them.
 */
export function collectYoungEvery(
  everyBytes: number,
  collect: () => void = exposeYoungCollector(),
): (bytes: number) => void {
  let passedBytes = 0;
  return (bytes) => {
    passedBytes += bytes;
    if (passedBytes < everyBytes) return;
    passedBytes = 0;
    collect();
  };
}

/** V8 shows its collector to contexts that are made while the flag is set. */
function exposeYoungCollector(): () => void {
  setFlagsFromString('--expose-gc');
  const collect = runInNewContext('gc') as (how: object) => void;
  setFlagsFromString('--no-expose-gc');
  return () => collect({ type: 'minor' });
}
