import { relative } from 'node:path';
import { watch } from 'chokidar';
import { STAGING_FOLDER } from '@tideline/sync-core/filter';
import { codeOf } from '../scan/system-error.ts';
import { isWatchLimit, WATCH_LIMIT, type WatchAdapter } from './watch-adapter.ts';

/** For small roots. It keeps every file in memory and asks the disk about each event, which large ones cannot afford. */
export const watchWithChokidar: WatchAdapter = async (root, events) => {
  const staging = `${root}/${STAGING_FOLDER}`;
  const isStaging = (path: string): boolean => path === staging || path.startsWith(`${staging}/`);
  const watcher = watch(root, {
    ignoreInitial: true,
    followSymlinks: false,
    atomic: false,
    ignorePermissionErrors: true,
    ignored: isStaging,
  });
  let hasTold = false;
  watcher.on('all', (event, path) => {
    if (isStaging(path)) return;
    events.changed(folderOf(root, path));
    if (event === 'addDir') events.changed(toRelative(root, path));
    if (event === 'addDir' || event === 'add') events.added?.();
  });
  // Raw events tell also what chokidar keeps to itself, such as a change of the executable bit alone.
  watcher.on('raw', (_event, name, details) => {
    const { watchedPath } = details as { watchedPath?: string };
    const isAboutStaging = watchedPath === root && name === STAGING_FOLDER;
    if (watchedPath !== undefined && !isStaging(watchedPath) && !isAboutStaging) {
      events.changed(toRelative(root, watchedPath));
    }
  });
  watcher.on('error', (error) => {
    if (!isWatchLimit(codeOf(error))) return events.lost();
    if (!hasTold) events.trouble(WATCH_LIMIT);
    hasTold = true;
  });
  await new Promise<void>((resolve) => watcher.on('ready', () => resolve()));
  return () => watcher.close();
};

const toRelative = (root: string, path: string): string => relative(root, path).replaceAll('\\', '/');

function folderOf(root: string, path: string): string {
  const inside = toRelative(root, path);
  return inside.slice(0, Math.max(0, inside.lastIndexOf('/')));
}
