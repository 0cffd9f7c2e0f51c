import { lstatSync, readdirSync, watch, type FSWatcher } from 'node:fs';
import { setImmediate as nextTurn } from 'node:timers/promises';
import { STAGING_FOLDER } from '@tideline/sync-core/filter';
import { joinPath } from '../scan/session.ts';
import { codeOf, isGone } from '../scan/system-error.ts';
import { isWatchLimit, WATCH_LIMIT, type WatchAdapter, type WatchEvents } from './watch-adapter.ts';

/** So many folders are opened before the events that arrived meanwhile get their turn: the queue of the kernel is finite. */
const FOLDERS_PER_TURN = 64;

/** One watch per folder and nothing kept per file: what a million files need. For Linux, whose watches are per folder anyway. */
export const watchFolders: WatchAdapter = async (root, events) => {
  const watcher = createFolderWatcher(root, events);
  const open = [''];
  for (let count = 1; open.length > 0; count += 1) {
    open.push(...watcher.add(open.pop() ?? ''));
    if (count % FOLDERS_PER_TURN === 0) await nextTurn();
  }
  return watcher.stop;
};

type FolderWatcher = {
  /** Watches one folder; answers the folders in it. */
  add(folder: string): readonly string[];
  stop(): void;
};

function createFolderWatcher(root: string, events: WatchEvents): FolderWatcher {
  const watchers = new Map<string, FSWatcher>();
  let isAtLimit = false;
  const absolute = (folder: string): string => (folder === '' ? root : `${root}/${folder}`);

  const remove = (folder: string): void => {
    watchers.get(folder)?.close();
    watchers.delete(folder);
    for (const [inside, watcher] of watchers) {
      if (!inside.startsWith(`${folder}/`)) continue;
      watcher.close();
      watchers.delete(inside);
    }
  };
  const fail = (folder: string, error: unknown): void => {
    if (isGone(error)) return remove(folder);
    if (!isWatchLimit(codeOf(error))) return events.lost();
    if (!isAtLimit) events.trouble(WATCH_LIMIT);
    isAtLimit = true;
  };
  const add = (folder: string): readonly string[] => {
    if (isAtLimit) return [];
    try {
      // The watch comes first: whatever is made after the listing is told by it.
      const watcher = watch(absolute(folder), (_event, name) => onEvent(folder, name));
      watcher.on('error', (error) => fail(folder, error));
      watchers.get(folder)?.close();
      watchers.set(folder, watcher);
      return foldersIn(absolute(folder), folder);
    } catch (error) {
      fail(folder, error);
      return [];
    }
  };
  const addAll = (folder: string): void => {
    const open = [folder];
    for (let next = open.pop(); next !== undefined; next = open.pop()) {
      events.changed(next);
      open.push(...add(next));
    }
  };
  const onEvent = (folder: string, name: string | null): void => {
    if (folder === '' && name === STAGING_FOLDER) return;
    events.changed(folder);
    if (name === null) return;
    const path = joinPath(folder, name);
    const isFolder = isFolderNow(absolute(path));
    if (isFolder && !watchers.has(path)) addAll(path);
    if (!isFolder && watchers.has(path)) remove(path);
  };
  return {
    add,
    stop: () => {
      for (const watcher of watchers.values()) watcher.close();
      watchers.clear();
    },
  };
}

function foldersIn(path: string, folder: string): readonly string[] {
  return readdirSync(path, { withFileTypes: true })
    .filter((entry) => entry.isDirectory() && !(folder === '' && entry.name === STAGING_FOLDER))
    .map((entry) => joinPath(folder, entry.name));
}

function isFolderNow(path: string): boolean {
  try {
    return lstatSync(path, { throwIfNoEntry: false })?.isDirectory() === true;
  } catch {
    // Not to be asked for: then it is not to be watched either, and the scan will tell why.
    return false;
  }
}
