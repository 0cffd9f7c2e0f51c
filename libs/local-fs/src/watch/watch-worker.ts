import { parentPort } from 'node:worker_threads';
import { createCoalescer } from './coalesce.ts';
import { watchFolders } from './folder-watcher.ts';
import { watchRecursively } from './recursive-watcher.ts';
import { watchBySize } from './watch-by-size.ts';
import type { WatchAdapter, WatchEvents } from './watch-adapter.ts';
import type { StartWatch, WatchKind, WatchReply, WatchRequest } from './watch-protocol.ts';

const ADAPTERS: Readonly<Record<WatchKind, WatchAdapter>> = {
  // Large roots do without it, and this thread lives as long as the agent.
  chokidar: async (...of) => (await import('./chokidar-watcher.ts')).watchWithChokidar(...of),
  folders: watchFolders,
  recursive: watchRecursively,
};

const timers = {
  nowMs: () => performance.now(),
  after: (delayMs: number, run: () => void) => {
    const timer = setTimeout(run, delayMs);
    return () => clearTimeout(timer);
  },
};
const send = (reply: WatchReply): void => parentPort?.postMessage(reply);
/** How to stop each watch; a watch that is stopped before it is ready stops as soon as it is. */
const stops = new Map<number, () => Promise<void>>();

parentPort?.on('message', (request: WatchRequest) => {
  if (request.t === 'start') return start(request);
  void stops.get(request.id)?.();
  stops.delete(request.id);
});

function start(request: StartWatch): void {
  const { id } = request;
  const coalescer = createCoalescer(timers, (dirty) => send({ id, t: 'dirty', dirty }));
  const started = watch(request, { ...coalescer, trouble: (code: string) => send({ id, t: 'trouble', code }) });
  stops.set(id, async () => {
    coalescer.stop();
    const stop = await started.catch(() => undefined);
    await stop?.();
  });
  started.then(
    () => send({ id, t: 'ready' }),
    (error: unknown) => send({ id, t: 'failed', message: error instanceof Error ? error.message : String(error) }),
  );
}

function watch({ root, kind, entries }: StartWatch, events: WatchEvents): ReturnType<WatchAdapter> {
  return kind === 'auto' ? watchBySize(ADAPTERS, { root, entries }, events) : ADAPTERS[kind](root, events);
}
