import { lstatSync, opendirSync } from 'node:fs';
import type { Worker } from 'node:worker_threads';
import type { DirtyPaths, LocalKey, LocalNode, Observed, RootState, Scanner, ScanResult } from '@tideline/sync-core';
import { volumeNameOf } from '../volume/mounts.ts';
import { startWorker } from '../worker-url.ts';
import type { ScanReply, ScanRequest, ScanSummary, ScanWorkerData } from './scan-protocol.ts';
import { codeOf, isGone } from './system-error.ts';

export type ScannerOptions = {
  readonly root: string;
  /** The journal's file: the scanner reads base and the last overlay from it by a connection of its own. */
  readonly journalPath: string;
  /** Patterns of the task's filter, in gitignore syntax. */
  readonly exclude?: readonly string[];
  readonly nowMs?: () => number;
};

export type FolderScanner = Scanner & { close(): Promise<void> };

type Running = {
  readonly id: number;
  readonly seen: Map<LocalKey, Observed<LocalNode>>;
  readonly settle: (outcome: { summary: ScanSummary } | { error: Error }) => void;
};

/** Scans in a worker thread; one scan at a time, the next one waits. */
export function createScanner(options: ScannerOptions): FolderScanner {
  const { root, journalPath, exclude = [], nowMs = Date.now } = options;
  let worker: Worker | undefined;
  let running: Running | undefined;
  let last: Promise<unknown> = Promise.resolve();
  let count = 0;

  const fail = (error: Error): void => {
    worker = undefined;
    running?.settle({ error });
  };
  const start = (): Worker => {
    const workerData: ScanWorkerData = { root, journalPath, exclude };
    const started = startWorker(import.meta.url, 'scan-worker', { workerData });
    started.on('message', (reply: ScanReply) => take(running, reply));
    started.on('error', fail);
    started.on('exit', () => fail(new Error('the scanner stopped')));
    started.unref();
    return started;
  };
  const scanNow = async (dirty: DirtyPaths, signal: AbortSignal): Promise<ScanResult> => {
    signal.throwIfAborted();
    if (!isFolder(root)) return nothingRead();
    worker ??= start();
    const request = makeRequest((count += 1), dirty, nowMs());
    const outcome = runRequest(worker, request, { signal, announce: (next) => (running = next) });
    return outcome.finally(() => (running = undefined));
  };
  return {
    root: () => Promise.resolve(rootState(root)),
    scan: (dirty, signal) => {
      const result = last.then(() => scanNow(dirty, signal));
      last = result.catch(() => undefined);
      return result;
    },
    close: async () => {
      const stopping = worker;
      worker = undefined;
      await stopping?.terminate();
    },
  };
}

function makeRequest(id: number, dirty: DirtyPaths, nowMs: number): ScanRequest {
  const abort = new Int32Array(new SharedArrayBuffer(4));
  return { id, dirty: dirty === 'all' ? dirty : [...dirty], nowMs, abort };
}

async function runRequest(
  worker: Worker,
  request: ScanRequest,
  { signal, announce }: { signal: AbortSignal; announce: (running: Running) => void },
): Promise<ScanResult> {
  const seen = new Map<LocalKey, Observed<LocalNode>>();
  const stop = (): void => void Atomics.store(request.abort, 0, 1);
  signal.addEventListener('abort', stop, { once: true });
  worker.ref();
  try {
    const summary = await new Promise<ScanSummary>((resolve, reject) => {
      const settle: Running['settle'] = (outcome) =>
        'summary' in outcome ? resolve(outcome.summary) : reject(outcome.error);
      announce({ id: request.id, seen, settle });
      worker.postMessage(request);
    });
    return { ...summary, seen, listed: new Set(summary.listed) };
  } catch (error) {
    signal.throwIfAborted();
    throw error;
  } finally {
    worker.unref();
    signal.removeEventListener('abort', stop);
  }
}

function take(running: Running | undefined, reply: ScanReply): void {
  if (running?.id !== reply.id) return;
  switch (reply.t) {
    case 'seen':
      for (const [key, seen] of reply.entries) running.seen.set(key, seen);
      for (const key of reply.withdrawn) running.seen.delete(key);
      return;
    case 'done':
      return running.settle({ summary: reply.summary });
    case 'aborted':
      return running.settle({ error: new Error('the scan was stopped') });
    case 'failed':
      return running.settle({ error: new Error(`the scan failed: ${reply.message}`) });
  }
}

/** SA-4: a root that is away says nothing about what was in it. */
function nothingRead(): ScanResult {
  const unreadable = [{ path: '', code: 'ROOT_MISSING' as const }];
  return { full: false, seen: new Map(), listed: new Set(), files: 0, folders: 0, skipped: 0, unreadable };
}

function isFolder(root: string): boolean {
  return lstatSync(root, { throwIfNoEntry: false })?.isDirectory() === true;
}

/** GU-3: volume, folder id and time of birth; another folder at the same path is another root. */
function rootState(root: string): RootState {
  try {
    const stats = lstatSync(root, { bigint: true });
    if (!stats.isDirectory()) return { t: 'missing' };
    opendirSync(root).closeSync();
    return { t: 'ok', identity: `${volumeNameOf(root, stats.dev)}/${stats.ino}/${stats.birthtimeNs}` };
  } catch (error) {
    return isGone(error) ? { t: 'missing' } : { t: 'unreadable', code: codeOf(error) };
  }
}
