import type { Worker } from 'node:worker_threads';
import { startWorker } from '../worker/start-worker.ts';
import type { StartWatch, WatchReply, WatchRequest } from './watch-protocol.ts';

type Listener = { readonly onReply: (reply: WatchReply) => void; readonly onFail: (error: Error) => void };

const listeners = new Map<number, Listener>();
let worker: Worker | undefined;
let count = 0;

/** Begins a watch in the one worker that watches for all tasks; answers how to end it. */
export function beginWatch(start: Omit<StartWatch, 't' | 'id'>, listener: Listener): () => void {
  count += 1;
  const id = count;
  listeners.set(id, listener);
  tell({ t: 'start', id, ...start });
  return () => {
    if (listeners.delete(id) && worker) tell({ t: 'stop', id });
  };
}

function tell(request: WatchRequest): void {
  worker ??= startWatchWorker();
  worker.postMessage(request);
}

function startWatchWorker(): Worker {
  const started = startWorker(import.meta.url, 'watch-worker');
  started.on('message', (reply: WatchReply) => listeners.get(reply.id)?.onReply(reply));
  started.on('error', fail);
  started.on('exit', () => fail(new Error('WATCH_STOPPED')));
  started.unref();
  return started;
}

/** With the worker all watches are gone; each is begun again by whoever wants it, in a new worker. */
function fail(error: Error): void {
  worker = undefined;
  const gone = [...listeners.values()];
  listeners.clear();
  for (const { onFail } of gone) onFail(error);
}
