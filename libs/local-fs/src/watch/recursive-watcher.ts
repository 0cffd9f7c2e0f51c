import { watch } from 'node:fs';
import { STAGING_FOLDER } from '@tideline/sync-core/filter';
import type { WatchAdapter } from './watch-adapter.ts';

/** Windows and macOS watch a whole tree by themselves. */
export const watchRecursively: WatchAdapter = (root, events) => {
  const watcher = watch(root, { recursive: true }, (_event, name) => {
    if (name === null) return events.lost();
    const path = name.replaceAll('\\', '/');
    if (path === STAGING_FOLDER || path.startsWith(`${STAGING_FOLDER}/`)) return;
    events.changed(path.slice(0, Math.max(0, path.lastIndexOf('/'))));
    // It may be a folder whose own contents are new to us; a file widens to its folder.
    events.changed(path);
  });
  watcher.on('error', events.lost);
  return Promise.resolve(() => watcher.close());
};
