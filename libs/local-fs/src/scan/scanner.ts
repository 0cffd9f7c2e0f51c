import { lstatSync, opendirSync } from 'node:fs';
import { dirname, join } from 'node:path';
import type { DirtyPaths, RootState, Scanner, ScanResult } from '@tideline/sync-core';
import type { Rules } from '@tideline/sync-core/filter';
import { volumeNameOf } from '../volume/mounts.ts';
import { createWorkerPool } from '../worker/worker-pool.ts';
import { rootIdentity } from './root-identity.ts';
import type { RunScan, ScanReply, ScanRequest, ScanTarget } from './scan-protocol.ts';
import { SeenEntries } from './seen-entries.ts';
import { codeOf, isGone } from './system-error.ts';

export type ScannerOptions = {
  readonly root: string;
  /** The journal's file: the scanner reads base and the last overlay from it by a connection of its own. */
  readonly journalPath: string;
  /** Patterns of the task's filter, in gitignore syntax. */
  readonly exclude?: readonly string[];
  /** What else leaves files out. */
  readonly rules?: readonly Rules[];
  /** Where clones of files go that never rest (R13); by default beside the journal. */
  readonly clones?: string;
  readonly nowMs?: () => number;
};

export type FolderScanner = Scanner & { close(): Promise<void> };

/** Two, so that the long scan of one task does not keep the small ones of others waiting. */
const pool = createWorkerPool<ScanRequest, ScanReply>({ importerUrl: import.meta.url, name: 'scan-worker', size: 2 });

/** Scans in worker threads; one scan at a time, the next one waits. */
export function createScanner(options: ScannerOptions): FolderScanner {
  const { root, journalPath, exclude = [], rules = [], nowMs = Date.now } = options;
  const { clones = defaultClones(journalPath) } = options;
  const target: ScanTarget = { root, journalPath, rules: [{ exclude }, ...rules], clones };
  const closing = new AbortController();
  let last: Promise<unknown> = Promise.resolve();

  const scanNow = async (dirty: DirtyPaths, signal: AbortSignal): Promise<ScanResult> => {
    signal.throwIfAborted();
    if (!isFolder(root)) return nothingRead();
    return runScan({ target, dirty: dirty === 'all' ? dirty : [...dirty], aheadMs: nowMs() - Date.now() }, signal);
  };
  return {
    root: () => Promise.resolve(rootState(root)),
    scan: (dirty, signal) => {
      const result = last.then(() => scanNow(dirty, AbortSignal.any([signal, closing.signal])));
      last = result.catch(() => undefined);
      return result;
    },
    close: async () => {
      closing.abort(new Error('the scanner was closed'));
      await last;
      pool.tellAll({ t: 'forget', journalPath });
    },
  };
}

const defaultClones = (journalPath: string): string => join(dirname(journalPath), 'clones');

type Scan = Omit<RunScan, 't' | 'id' | 'abort'>;

async function runScan(scan: Scan, signal: AbortSignal): Promise<ScanResult> {
  const abort = new Int32Array(new SharedArrayBuffer(4));
  const stop = (): void => void Atomics.store(abort, 0, 1);
  signal.addEventListener('abort', stop, { once: true });
  try {
    return await collect({ ...scan, abort });
  } catch (error) {
    signal.throwIfAborted();
    throw error;
  } finally {
    signal.removeEventListener('abort', stop);
  }
}

function collect(scan: Omit<RunScan, 't' | 'id'>): Promise<ScanResult> {
  const seen = new SeenEntries();
  let failure: Error | null = null;
  /** A disk that is full is found out here, where nobody waits: the scan is stopped, and its end says why. */
  const take = ({ entries, withdrawn }: Extract<ScanReply, { t: 'seen' }>): false => {
    try {
      if (!failure) seen.take(entries, withdrawn);
    } catch (error) {
      failure = new Error('what the scan told could not be kept', { cause: error });
      Atomics.store(scan.abort, 0, 1);
    }
    return false;
  };
  return new Promise((resolve, reject) => {
    pool.send({
      key: scan.target.journalPath,
      request: (id) => ({ t: 'scan', id, ...scan }),
      onReply: (reply) => {
        if (reply.t === 'seen') return take(reply);
        if (failure) reject(failure);
        else if (reply.t === 'done')
          resolve({ ...reply.summary, seen: seen.all(), listed: new Set(reply.summary.listed) });
        else if (reply.t === 'rootLost') resolve(nothingRead());
        else reject(new Error(reply.t === 'aborted' ? 'the scan was stopped' : `the scan failed: ${reply.message}`));
        return true;
      },
      onFail: reject,
    });
  });
}

/** SA-4: a root that is away says nothing about what was in it. */
function nothingRead(): ScanResult {
  const unreadable = [{ path: '', code: 'ROOT_MISSING' as const }];
  return { full: false, seen: new Map(), listed: new Set(), files: 0, folders: 0, skipped: 0, unreadable };
}

function isFolder(root: string): boolean {
  return lstatSync(root, { throwIfNoEntry: false })?.isDirectory() === true;
}

function rootState(root: string): RootState {
  try {
    const stats = lstatSync(root, { bigint: true });
    if (!stats.isDirectory()) return { t: 'missing' };
    opendirSync(root).closeSync();
    return { t: 'ok', identity: rootIdentity(stats, volumeNameOf(root, stats.dev)) };
  } catch (error) {
    return isGone(error) ? { t: 'missing' } : { t: 'unreadable', code: codeOf(error) };
  }
}
