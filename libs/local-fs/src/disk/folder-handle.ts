import { closeSync, constants, existsSync, fstatSync, fsyncSync, lstatSync, openSync, type BigIntStats } from 'node:fs';
import { joinPath } from '../scan/session.ts';

/**
 * A folder below the root, held open. `at(name)` is a path for system calls that reaches into this very folder, also when a
 * folder above is replaced meanwhile: nothing outside the root is ever touched (R11).
 */
export type FolderHandle = {
  at(name: string): string;
  /** What the folder is. */
  stats(): BigIntStats;
  /** Makes the names in it durable. */
  sync(): void;
  close(): void;
};

const FOLDER_FLAGS = constants.O_RDONLY | constants.O_DIRECTORY | constants.O_NOFOLLOW;
/** Linux lets a descriptor be used as a folder in a path, which Node offers no other way for. */
const HAS_DESCRIPTOR_PATHS = process.platform === 'linux' && existsSync('/proc/self/fd');

/** Opens a folder component by component, none of which may be a link. Throws ENOENT, ELOOP or what the system says. */
export function openFolder(root: string, path: string): FolderHandle {
  return HAS_DESCRIPTOR_PATHS ? openByDescriptor(root, path) : openByPath(root, path);
}

function openByDescriptor(root: string, path: string): FolderHandle {
  let fd = openSync(root, FOLDER_FLAGS);
  for (const name of path === '' ? [] : path.split('/')) {
    const above = fd;
    try {
      fd = openSync(`/proc/self/fd/${above}/${name}`, FOLDER_FLAGS);
    } finally {
      closeSync(above);
    }
  }
  return {
    at: (name) => `/proc/self/fd/${fd}/${name}`,
    stats: () => fstatSync(fd, { bigint: true }),
    sync: () => fsyncSync(fd),
    close: () => closeSync(fd),
  };
}

function openByPath(root: string, path: string): FolderHandle {
  let folder = root;
  for (const name of path === '' ? [] : path.split('/')) {
    folder = joinPath(folder, name);
    if (!lstatSync(folder).isDirectory()) throw Object.assign(new Error(`${folder} is no folder`), { code: 'ENOTDIR' });
  }
  const here = folder;
  return {
    at: (name) => joinPath(here, name),
    stats: () => lstatSync(here, { bigint: true }),
    sync: () => syncFolder(here),
    close: () => undefined,
  };
}

export function syncFolder(path: string): void {
  // Windows has no such call and keeps its own journal of names.
  if (process.platform === 'win32') return;
  const fd = openSync(path, constants.O_RDONLY);
  try {
    fsyncSync(fd);
  } finally {
    closeSync(fd);
  }
}

/** Folder and name of a path below the root. */
export function splitPath(path: string): { readonly folder: string; readonly name: string } {
  const slash = path.lastIndexOf('/');
  return { folder: slash < 0 ? '' : path.slice(0, slash), name: path.slice(slash + 1) };
}

/** Folders opened for one piece of work: each once, synced and closed together. */
export type FolderSet = { get(path: string): FolderHandle; syncAll(): void };

export function withFolders<T>(root: string, work: (folders: FolderSet) => T): T {
  const open = new Map<string, FolderHandle>();
  const get = (path: string): FolderHandle => {
    const known = open.get(path);
    if (known) return known;
    const handle = openFolder(root, path);
    open.set(path, handle);
    return handle;
  };
  try {
    return work({
      get,
      syncAll: () => {
        for (const handle of open.values()) handle.sync();
      },
    });
  } finally {
    for (const handle of open.values()) handle.close();
  }
}
