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
    for (const folder of watcher.add(open.pop() ?? '')) open.push(folder);
    if (count % FOLDERS_PER_TURN === 0) await nextTurn();
  }
  return watcher.stop;
};

type FolderWatcher = {
  /** Watches one folder; answers the folders in it. */
  readonly add: (folder: string) => readonly string[];
  readonly stop: () => void;
};

function createFolderWatcher(root: string, events: WatchEvents): FolderWatcher {
  const watches = createWatchTable();
  let isAtLimit = false;
  const absolute = (folder: string): string => (folder === '' ? root : `${root}/${folder}`);

  const fail = (folder: string, error: unknown): void => {
    if (isGone(error)) return watches.remove(folder);
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
      watches.set(folder, { watcher, fileId: findFolderId(absolute(folder)) });
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
      for (const below of add(next)) open.push(below);
    }
  };
  const onEvent = (folder: string, name: string | null): void => {
    if (folder === '' && name === STAGING_FOLDER) return;
    events.changed(folder);
    if (name === null) return;
    const path = joinPath(folder, name);
    const fileId = findFolderId(absolute(path));
    if (fileId === watches.fileIdOf(path)) return;
    // Gone, new, or another folder under the name of one that moved away.
    watches.remove(path);
    if (fileId !== undefined) addAll(path);
  };
  return { add, stop: watches.clear };
}

type FolderWatch = { readonly watcher: FSWatcher; readonly fileId: bigint | undefined };

/** The watch of each folder by its path. */
function createWatchTable() {
  const watches = new Map<string, FolderWatch>();
  return {
    fileIdOf: (folder: string): bigint | undefined => watches.get(folder)?.fileId,
    set: (folder: string, watch: FolderWatch): void => {
      watches.get(folder)?.watcher.close();
      watches.set(folder, watch);
    },
    /** With everything below: a folder that went takes its contents along. */
    remove: (folder: string): void => {
      if (!watches.has(folder)) return;
      for (const [path, { watcher }] of watches) {
        if (path !== folder && !path.startsWith(`${folder}/`)) continue;
        watcher.close();
        watches.delete(path);
      }
    },
    clear: (): void => {
      for (const { watcher } of watches.values()) watcher.close();
      watches.clear();
    },
  };
}

function foldersIn(path: string, folder: string): readonly string[] {
  return readdirSync(path, { withFileTypes: true })
    .filter((entry) => entry.isDirectory() && !(folder === '' && entry.name === STAGING_FOLDER))
    .map((entry) => joinPath(folder, entry.name));
}

/** Identifies the folder at a path; undefined when there is none. */
function findFolderId(path: string): bigint | undefined {
  try {
    const stats = lstatSync(path, { bigint: true, throwIfNoEntry: false });
    return stats?.isDirectory() ? stats.ino : undefined;
  } catch {
    // Not to be asked for: then it is not to be watched either, and the scan will tell why.
    return undefined;
  }
}
