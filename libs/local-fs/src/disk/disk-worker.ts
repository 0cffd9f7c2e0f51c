import { parentPort } from 'node:worker_threads';
import { codeOf } from '../scan/system-error.ts';
import { createDiskContext } from './disk-context.ts';
import type { DiskCall, DiskReply, DiskRoot, DiskWork } from './disk-protocol.ts';
import { createDiskWork } from './disk-work.ts';

/** By root and trash; a handful in the life of a process. */
const works = new Map<string, DiskWork>();

parentPort?.on('message', (call: DiskCall) => {
  parentPort?.postMessage(answer(call));
});

function answer({ id, disk, method, args }: DiskCall): DiskReply {
  try {
    const run = workOn(disk)[method] as (...values: readonly unknown[]) => unknown;
    return { id, result: run(...args) };
  } catch (error) {
    return { id, error: { message: error instanceof Error ? error.message : String(error), code: codeOf(error) } };
  }
}

function workOn(disk: DiskRoot): DiskWork {
  const key = `${disk.root}\0${disk.homeTrash}`;
  const known = works.get(key);
  if (known) return known;
  const work = createDiskWork(createDiskContext(disk));
  works.set(key, work);
  return work;
}
