import { createWorkerPool } from '../worker/worker-pool.ts';
import type { DiskCall, DiskReply, DiskRoot, DiskWork } from './disk-protocol.ts';

export type DiskClient = {
  readonly call: <M extends keyof DiskWork>(
    method: M,
    ...args: Parameters<DiskWork[M]>
  ) => Promise<ReturnType<DiskWork[M]>>;
  /** The same beside the other calls on this root: for what neither needs nor keeps their order. */
  readonly callBeside: DiskClient['call'];
  /** Paths that were rescued on the way and not told yet; afterwards they are. */
  readonly takeRescued: () => readonly string[];
  /** Resolves when nothing of this root runs any more. */
  readonly close: () => Promise<void>;
};

/** Two, so that cutting a large file of one task into chunks does not keep another one waiting. */
const pool = createWorkerPool<DiskCall, DiskReply>({ importerUrl: import.meta.url, name: 'disk-worker', size: 2 });

/** Calls into the disk workers; those on one root run one after another. */
export function createDiskClient(disk: DiskRoot): DiskClient {
  const running = new Set<Promise<unknown>>();
  const rescued: string[] = [];
  const callAs =
    (key: string): DiskClient['call'] =>
    (method, ...args) => {
      const result = new Promise<never>((resolve, reject) => {
        pool.send({
          key,
          request: (id) => ({ id, disk, method, args }) as DiskCall,
          onReply: (reply) => {
            rescued.push(...reply.rescued);
            if ('error' in reply) {
              reject(Object.assign(new Error(reply.error.message), { code: reply.error.code }));
              return true;
            }
            resolve(reply.result as never);
            return true;
          },
          onFail: reject,
        });
      });
      const settled = result.catch(() => undefined).finally(() => running.delete(settled));
      running.add(settled);
      return result;
    };
  return {
    call: callAs(disk.root),
    callBeside: callAs(`${disk.root}\0`),
    takeRescued: () => rescued.splice(0),
    close: async () => {
      await Promise.all(running);
    },
  };
}
