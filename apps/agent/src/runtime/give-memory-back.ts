import { getHeapStatistics } from 'node:v8';
import { exposeCollector } from './collector.ts';
import type { Timers } from './task-engine.ts';

/** A run may follow at once; and collecting takes some 100 ms, in which nobody should be waiting. */
const QUIET_MS = 5000;
/** What a heap may grow by before it is worth the time: a look into the feed takes less, a look at a tree more. */
const WORTH_BYTES = 4 * 1024 ** 2;

export type Memory = { readonly heapBytes: () => number; readonly collect: () => void };

/** Those who keep what only makes them faster, and can do without it while nothing runs. */
export type Resters = Set<{ rest(): void }>;

/**
 * After work that needed much memory, such as the first sync of a large tree, the engine's heap stays as large as it was until
 * somebody allocates again, which an idle agent hardly does. So once nothing runs, the garbage is collected.
 */
export function createMemoryReturn(
  timers: Pick<Timers, 'after'>,
  { memory = v8Memory(), resters = new Set() }: { readonly memory?: Memory; readonly resters?: Resters } = {},
) {
  let cancel = (): void => undefined;
  let floorBytes = 0;
  return {
    busy: (): void => cancel(),
    idle: (): void => {
      cancel();
      cancel = timers.after(QUIET_MS, () => {
        // What they keep lies outside of the heap, too: its size says nothing of that.
        for (const one of resters) one.rest();
        if (memory.heapBytes() - floorBytes < WORTH_BYTES) return;
        memory.collect();
        floorBytes = memory.heapBytes();
      });
    },
  };
}

/** As a last resort V8 also gives back the space for young objects, 128 MiB on a large machine, and pages that it has freed and kept. */
function v8Memory(): Memory {
  return {
    heapBytes: () => getHeapStatistics().total_heap_size,
    collect: () => exposeCollector()({ type: 'major', execution: 'sync', flavor: 'last-resort' }),
  };
}
