import { Worker, type WorkerOptions } from 'node:worker_threads';

/**
 * Starts a worker that lies beside the caller: the compiled file, or the source itself where sources run (tests). Node strips
 * the types, and the condition lets the worker find the other packages' sources too.
 */
export function startWorker(importerUrl: string, name: string, options: WorkerOptions): Worker {
  const isSource = importerUrl.endsWith('.ts');
  const url = new URL(`./${name}.${isSource ? 'ts' : 'js'}`, importerUrl);
  return new Worker(url, { ...options, ...(isSource ? { execArgv: ['--conditions=tideline:source'] } : {}) });
}
