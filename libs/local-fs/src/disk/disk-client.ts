import type { Worker } from 'node:worker_threads';
import { startWorker } from '../worker-url.ts';
import type { DiskReply, DiskWork, DiskWorkerData } from './disk-protocol.ts';

export type DiskClient = {
  readonly call: <M extends keyof DiskWork>(
    method: M,
    ...args: Parameters<DiskWork[M]>
  ) => Promise<ReturnType<DiskWork[M]>>;
  readonly close: () => Promise<void>;
};

type Waiting = { readonly resolve: (result: never) => void; readonly reject: (error: Error) => void };

/** Calls into the disk worker, which starts with the first one and holds the process only while a call runs. */
export function createDiskClient(workerData: DiskWorkerData): DiskClient {
  const waiting = new Map<number, Waiting>();
  let worker: Worker | undefined;
  let count = 0;

  const settle = (reply: DiskReply): void => {
    const call = waiting.get(reply.id);
    waiting.delete(reply.id);
    if (waiting.size === 0) worker?.unref();
    if ('error' in reply) call?.reject(Object.assign(new Error(reply.error.message), { code: reply.error.code }));
    else call?.resolve(reply.result as never);
  };
  const fail = (error: Error): void => {
    worker = undefined;
    for (const call of waiting.values()) call.reject(error);
    waiting.clear();
  };
  const start = (): Worker => {
    const started = startWorker(import.meta.url, 'disk-worker', { workerData });
    started.on('message', settle);
    started.on('error', fail);
    started.on('exit', () => fail(new Error('the disk worker stopped')));
    return started;
  };
  return {
    call: (method, ...args) =>
      new Promise((resolve, reject) => {
        worker ??= start();
        worker.ref();
        count += 1;
        waiting.set(count, { resolve, reject });
        worker.postMessage({ id: count, method, args });
      }),
    close: async () => {
      await worker?.terminate();
    },
  };
}
