import { parentPort, workerData } from 'node:worker_threads';
import { codeOf } from '../scan/system-error.ts';
import { createDiskContext } from './disk-context.ts';
import type { DiskCall, DiskReply, DiskWorkerData } from './disk-protocol.ts';
import { createDiskWork } from './disk-work.ts';

const work = createDiskWork(createDiskContext(workerData as DiskWorkerData));

parentPort?.on('message', (call: DiskCall) => {
  parentPort?.postMessage(answer(call));
});

function answer({ id, method, args }: DiskCall): DiskReply {
  try {
    const run = work[method] as (...values: readonly unknown[]) => unknown;
    return { id, result: run(...args) };
  } catch (error) {
    return { id, error: { message: error instanceof Error ? error.message : String(error), code: codeOf(error) } };
  }
}
