import { Worker } from 'node:worker_threads';

/** What V8 keeps for young objects, for as long as the thread lives; more makes no scan faster. */
const YOUNG_GENERATION_MB = 4;

/**
 * Starts a worker that lies beside the caller: the compiled file, or the source itself where sources run (tests). Node strips
 * the types, and the condition lets the worker find the other packages' sources too.
 */
export function startWorker(importerUrl: string, name: string): Worker {
  const isSource = importerUrl.endsWith('.ts');
  const url = new URL(`./${name}.${isSource ? 'ts' : 'js'}`, importerUrl);
  const resourceLimits = { maxYoungGenerationSizeMb: YOUNG_GENERATION_MB };
  return new Worker(url, { resourceLimits, ...(isSource ? { execArgv: ['--conditions=tideline:source'] } : {}) });
}
