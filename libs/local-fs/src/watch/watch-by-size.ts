import { countEntries, kindFor, MAX_CHOKIDAR_ENTRIES } from './choose-kind.ts';
import type { WatchAdapter, WatchEvents } from './watch-adapter.ts';
import type { WatchKind } from './watch-protocol.ts';

type Root = { readonly root: string; readonly entries: number };

/** Watches as the size of the root asks for, and changes over when it outgrows that: a first sync fills an empty folder. */
export async function watchBySize(
  adapters: Readonly<Record<WatchKind, WatchAdapter>>,
  { root, entries }: Root,
  events: WatchEvents,
): ReturnType<WatchAdapter> {
  let known = Math.max(entries, countEntries(root, MAX_CHOKIDAR_ENTRIES + 1));
  let changingOver: Promise<void> | undefined;
  const changeOver = async (): Promise<void> => {
    const stopSmall = stop;
    stop = await adapters[kindFor(known)](root, events);
    await stopSmall();
    events.lost(); // what happened between the two watches is found by a look at everything
  };
  const added = (): void => {
    known += 1;
    if (known > MAX_CHOKIDAR_ENTRIES) changingOver ??= started.then(changeOver).catch(() => events.lost());
  };
  const isSmall = kindFor(known) === 'chokidar';
  const started = adapters[kindFor(known)](root, isSmall ? { ...events, added } : events).then((first) => {
    stop = first;
  });
  let stop: () => Promise<void> | void = () => undefined;
  await started;
  return async () => {
    await changingOver;
    await stop();
  };
}
