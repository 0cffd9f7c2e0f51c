import type { Worker } from 'node:worker_threads';
import type { DirtyPaths, Watch } from '@tideline/sync-core';
import { startWorker } from '../worker-url.ts';
import type { WatchKind, WatchMessage, WatchWorkerData } from './watch-protocol.ts';

export type WatchOptions = {
  readonly root: string;
  /** Files and folders of the last scan: decides how to watch, each time it starts. */
  readonly entries: () => number;
  readonly kind?: WatchKind;
};

/** Watches in a worker whose loop does nothing else: a kernel queue that nobody empties loses events without a word. */
export function createWatch(options: WatchOptions): Watch {
  let worker: Worker | undefined;
  return {
    start: async (onDirty, onTrouble) => {
      const { root, kind = 'auto' } = options;
      const workerData: WatchWorkerData = { root, kind, entries: options.entries() };
      const started = startWorker(import.meta.url, 'watch-worker', { workerData });
      worker = started;
      started.unref();
      await listen(started, { onDirty, onTrouble, isStopping: () => worker !== started });
    },
    stop: async () => {
      const stopping = worker;
      worker = undefined;
      await stopping?.terminate();
    },
  };
}

type Listeners = {
  readonly onDirty: (dirty: DirtyPaths) => void;
  readonly onTrouble: (code: string) => void;
  readonly isStopping: () => boolean;
};

/** Resolves when everything is watched, or when watching failed and timed scans have to do. */
function listen(worker: Worker, { onDirty, onTrouble, isStopping }: Listeners): Promise<void> {
  return new Promise((resolve) => {
    const fail = (code: string): void => {
      if (!isStopping()) {
        onTrouble(code);
        onDirty('all');
      }
      resolve();
    };
    worker.on('message', (message: WatchMessage) => {
      if (isStopping()) return;
      if (message.t === 'ready') resolve();
      else if (message.t === 'dirty') onDirty(message.dirty);
      else onTrouble(message.code);
    });
    worker.on('error', (error: Error) => fail(error.message));
    worker.on('exit', () => fail('WATCH_STOPPED'));
  });
}
