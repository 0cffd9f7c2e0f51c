import { accessSync, constants, lstatSync, readdirSync, realpathSync } from 'node:fs';
import { homedir } from 'node:os';
import { isAbsolute, relative, resolve, sep } from 'node:path';
import type { ErrorCode, ErrorParams, SyncMode } from '@tideline/contracts';
import { isGone } from '../scan/system-error.ts';
import { judgeFileSystem } from './file-systems.ts';
import { findForbidden } from './forbidden-folders.ts';
import { findMount, listMounts, type Mount } from './mounts.ts';
import { findOtherProduct } from './other-products.ts';

export type SyncFolderCheck =
  | {
      readonly t: 'ok';
      /** Without links in it: what the task keeps. */
      readonly path: string;
      readonly fileSystem: string | null;
      /** LI-5: allowed, but moves are proven by content there. */
      readonly isWarned: boolean;
    }
  | { readonly t: 'refused'; readonly code: ErrorCode; readonly params: ErrorParams };

export type SyncFolderFacts = {
  /** Folders of all tasks that are known, with what to call each. */
  readonly otherRoots: readonly { readonly path: string; readonly task: string }[];
  /** The agent's own state. */
  readonly agentHome: string;
  readonly mode: SyncMode;
  /** For tests; by default as the system tells them. */
  readonly mounts?: readonly Mount[];
  readonly home?: string;
  readonly platform?: NodeJS.Platform;
};

/** LI-5, LI-6: whether a local folder can be a sync folder. Looks and changes nothing. */
export function checkSyncFolder(path: string, facts: SyncFolderFacts): SyncFolderCheck {
  const folder = resolve(path);
  const { platform = process.platform, home = homedir() } = facts;
  const named = findForbidden(folder, { platform, home });
  if (named) return forbidden(folder, named);
  const real = findRealFolder(folder);
  if (typeof real !== 'string') return real;
  const reason = findForbidden(real, { platform, home: realIfThere(home) }) ?? findReason(real, facts);
  if (reason) return forbidden(real, reason);
  return findOverlap(real, facts) ?? judgeVolume(real, facts) ?? checkRights(real, facts.mode) ?? accept(real, facts);
}

const refuse = (code: ErrorCode, params: ErrorParams): Extract<SyncFolderCheck, { t: 'refused' }> => ({
  t: 'refused',
  code,
  params,
});
const forbidden = (path: string, reason: string) => refuse('FOLDER_FORBIDDEN', { path, reason });

/** The folder without links above it; the folder itself may not be one. */
function findRealFolder(path: string): string | Extract<SyncFolderCheck, { t: 'refused' }> {
  try {
    const stats = lstatSync(path);
    if (stats.isSymbolicLink()) return forbidden(path, 'it is a link; choose the folder it leads to.');
    if (!stats.isDirectory()) return forbidden(path, 'it is not a folder.');
    return realpathSync(path);
  } catch (error) {
    return refuse(isGone(error) ? 'FOLDER_MISSING' : 'FOLDER_UNREADABLE', { path });
  }
}

function findReason(path: string, { agentHome, mounts = listMounts() }: SyncFolderFacts): string | undefined {
  const state = realIfThere(resolve(agentHome));
  if (isSameOrInside(path, state) || isSameOrInside(state, path)) return 'the state of the agent lies in or around it.';
  if (mounts.some((mount) => mount.mountPoint === path)) return 'it is the root of a drive.';
  const product = findOtherProduct(path);
  return product && `it is synced by ${product} already.`;
}

function findOverlap(path: string, { otherRoots }: SyncFolderFacts): SyncFolderCheck | undefined {
  const other = otherRoots.find((root) => {
    const there = realIfThere(resolve(root.path));
    return isSameOrInside(path, there) || isSameOrInside(there, path);
  });
  return other && refuse('FOLDER_OVERLAPS', { path, task: other.task });
}

function judgeVolume(path: string, { mounts = listMounts() }: SyncFolderFacts): SyncFolderCheck | undefined {
  const fileSystem = findMount(mounts, path)?.fileSystem;
  if (fileSystem === undefined || judgeFileSystem(fileSystem) !== 'refused') return undefined;
  return refuse('FILE_SYSTEM_REFUSED', { path, fileSystem });
}

/** Upload tasks never write; the others must be able to. */
function checkRights(path: string, mode: SyncMode): SyncFolderCheck | undefined {
  const wanted = mode === 'upload' ? constants.R_OK | constants.X_OK : constants.R_OK | constants.W_OK | constants.X_OK;
  try {
    accessSync(path, wanted);
    readdirSync(path);
    return undefined;
  } catch {
    // Whatever the system's reason is, the answer is the same: look at the rights.
    return refuse('FOLDER_UNREADABLE', { path });
  }
}

function accept(path: string, { mounts = listMounts() }: SyncFolderFacts): SyncFolderCheck {
  const fileSystem = findMount(mounts, path)?.fileSystem ?? null;
  return { t: 'ok', path, fileSystem, isWarned: fileSystem !== null && judgeFileSystem(fileSystem) === 'warned' };
}

function isSameOrInside(path: string, folder: string): boolean {
  const way = relative(folder, path);
  return way !== '..' && !way.startsWith(`..${sep}`) && !isAbsolute(way);
}

function realIfThere(path: string): string {
  try {
    return realpathSync(path);
  } catch {
    // Not there (yet): then no link leads to it either.
    return path;
  }
}
