import { parentPort, workerData } from 'node:worker_threads';
import { countEntries, kindFor, MAX_CHOKIDAR_ENTRIES } from './choose-kind.ts';
import { watchWithChokidar } from './chokidar-watcher.ts';
import { createCoalescer } from './coalesce.ts';
import { watchFolders } from './folder-watcher.ts';
import { watchRecursively } from './recursive-watcher.ts';
import type { WatchAdapter } from './watch-adapter.ts';
import type { WatchKind, WatchMessage, WatchWorkerData } from './watch-protocol.ts';

const ADAPTERS: Readonly<Record<WatchKind, WatchAdapter>> = {
  chokidar: watchWithChokidar,
  folders: watchFolders,
  recursive: watchRecursively,
};

const { root, kind, entries } = workerData as WatchWorkerData;
const send = (message: WatchMessage): void => parentPort?.postMessage(message);
const timers = {
  nowMs: () => performance.now(),
  after: (delayMs: number, run: () => void) => {
    const timer = setTimeout(run, delayMs);
    return () => clearTimeout(timer);
  },
};
const coalescer = createCoalescer(timers, (dirty) => send({ t: 'dirty', dirty }));
const trouble = (code: string): void => send({ t: 'trouble', code });
const chosen = kind === 'auto' ? kindFor(Math.max(entries, countEntries(root, MAX_CHOKIDAR_ENTRIES + 1))) : kind;
await ADAPTERS[chosen](root, { ...coalescer, trouble });
send({ t: 'ready' });
