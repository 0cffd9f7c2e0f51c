import { setFlagsFromString } from 'node:v8';
import { runInNewContext } from 'node:vm';

/**
 * Collects the young heap once that many bytes have passed through buffers. Pieces of files die young, but a small object in the heap
 * stands for each of them: V8 sees little reason to collect until the buffers themselves weigh so much that it goes through the
 * whole heap. A young collection finds nearly all of them. Where new memory is dear it took some 70 ms, presumably because V8 takes
 * the space for survivors from the system each time: so not too often.
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
