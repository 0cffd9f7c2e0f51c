import { parentPort } from 'node:worker_threads';
import { codeOf } from '../scan/system-error.ts';
import { createDiskContext, type DiskContext } from './disk-context.ts';
import type { DiskCall, DiskReply, DiskRoot, DiskWork } from './disk-protocol.ts';
import { createDiskWork } from './disk-work.ts';

type Bench = { readonly context: DiskContext; readonly work: DiskWork };
/** By root and trash; a handful in the life of a process. */
const benches = new Map<string, Bench>();

parentPort?.on('message', (call: DiskCall) => {
  parentPort?.postMessage(answer(call));
});

function answer({ id, disk, method, args }: DiskCall): DiskReply {
  try {
    const { context, work } = benchFor(disk);
    const run = work[method] as (...values: readonly unknown[]) => unknown;
    return { id, result: run(...args), rescued: context.rescued.splice(0) };
  } catch (error) {
    const rescued = benches.get(keyOf(disk))?.context.rescued.splice(0) ?? [];
    const message = error instanceof Error ? error.message : String(error);
    return { id, error: { message, code: codeOf(error) }, rescued };
  }
}

const keyOf = ({ root, homeTrash }: DiskRoot): string => `${root}\0${homeTrash}`;

function benchFor(disk: DiskRoot): Bench {
  const key = keyOf(disk);
  const known = benches.get(key);
  if (known) return known;
  const context = createDiskContext(disk);
  const bench = { context, work: createDiskWork(context) };
  benches.set(key, bench);
  return bench;
}
