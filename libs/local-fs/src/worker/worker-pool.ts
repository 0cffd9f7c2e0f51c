import type { Worker } from 'node:worker_threads';
import { startWorker } from './start-worker.ts';

export type Call<Request, Reply> = {
  /** What must not run twice at once, such as a root: its calls go to one worker, one after another. */
  readonly key: string;
  readonly request: (id: number) => Request;
  /** Called with every reply; answers whether it was the last one. */
  readonly onReply: (reply: Reply) => boolean;
  readonly onFail: (error: Error) => void;
};

export type WorkerPool<Request, Reply> = {
  readonly send: (call: Call<Request, Reply>) => void;
  /** A message to every worker that runs, without an answer. */
  readonly tellAll: (message: Request) => void;
};

type Running<Request, Reply> = {
  readonly worker: Worker;
  readonly calls: Map<number, Call<Request, Reply>>;
  retirement: NodeJS.Timeout | undefined;
};

/** A worker that had nothing to do for so long goes: starting one again costs some 50 ms, keeping it 20 to 40 MB. */
const RETIRE_AFTER_MS = 30_000;

/**
 * Worker threads that all tasks of the process share, started when they are needed and ended when nobody needs them any more,
 * so that an idle agent is small. They hold the process only while a call runs. A worker that dies fails its calls and is
 * replaced.
 */
export function createWorkerPool<Request, Reply extends { readonly id: number }>(options: {
  readonly importerUrl: string;
  readonly name: string;
  readonly size: number;
  readonly retireAfterMs?: number;
}): WorkerPool<Request, Reply> {
  const { retireAfterMs = RETIRE_AFTER_MS } = options;
  const pool = new Set<Running<Request, Reply>>();
  let count = 0;

  const start = (): Running<Request, Reply> => {
    const worker = startWorker(options.importerUrl, options.name);
    const running: Running<Request, Reply> = { worker, calls: new Map(), retirement: undefined };
    pool.add(running);
    worker.on('message', (reply: Reply) => settle(running, reply));
    worker.on('error', (error: Error) => retire(running, error));
    worker.on('exit', () => retire(running, new Error(`the ${options.name} stopped`)));
    worker.unref();
    return running;
  };
  const settle = (running: Running<Request, Reply>, reply: Reply): void => {
    if (running.calls.get(reply.id)?.onReply(reply) !== true) return;
    running.calls.delete(reply.id);
    if (running.calls.size === 0) endWhenIdle(running, { after: retireAfterMs, gone: () => pool.delete(running) });
  };
  const retire = (running: Running<Request, Reply>, error: Error): void => {
    pool.delete(running);
    clearTimeout(running.retirement);
    for (const call of running.calls.values()) call.onFail(error);
    running.calls.clear();
  };
  return {
    send: (call) => {
      const running = choose(pool, call.key, options.size) ?? start();
      count += 1;
      clearTimeout(running.retirement);
      running.calls.set(count, call);
      running.worker.ref();
      running.worker.postMessage(call.request(count));
    },
    tellAll: (message) => {
      for (const { worker } of pool) worker.postMessage(message);
    },
  };
}

/** The worker for a call: the one that works on the same key, else the one with the least to do; undefined: a new one. */
function choose<Q, R>(pool: ReadonlySet<Running<Q, R>>, key: string, size: number): Running<Q, R> | undefined {
  const all = [...pool].sort((a, b) => a.calls.size - b.calls.size);
  const same = all.find((running) => [...running.calls.values()].some((call) => call.key === key));
  const [least] = all;
  if (same) return same;
  return least && (least.calls.size === 0 || pool.size >= size) ? least : undefined;
}

function endWhenIdle<Q, R>(running: Running<Q, R>, { after, gone }: { after: number; gone: () => void }): void {
  const { worker } = running;
  worker.unref();
  running.retirement = setTimeout(() => {
    gone();
    void worker.terminate();
  }, after).unref();
}
