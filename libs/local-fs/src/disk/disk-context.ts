import { lstatSync, type BigIntStats } from 'node:fs';
import type { StatSig } from '@tideline/sync-core';
import { toStatSig } from '../stat/sig.ts';
import { volumeNameOf } from '../volume/mounts.ts';

/** What every operation on one root works with. */
export type DiskContext = {
  readonly root: string;
  /** Where the home trash is ($XDG_DATA_HOME/Trash). */
  readonly homeTrash: string;
  readonly nowMs: () => number;
  readonly sigOf: (stats: BigIntStats) => StatSig;
  /** Paths that came back under another name and were not told to anybody yet; whoever tells them takes them out. */
  readonly rescued: string[];
};

/** So long what was seen of the root's volume counts; asking again would be one more call with every look at a file. */
const VOLUME_HOLDS_MS = 500;

export function createDiskContext(options: { root: string; homeTrash: string; nowMs?: () => number }): DiskContext {
  const { root, homeTrash, nowMs = Date.now } = options;
  let volume: { readonly dev: bigint; readonly name: string; readonly seenMs: number } | undefined;
  const volumeName = (dev: bigint): string => {
    const atMs = performance.now();
    // No drive is taken away and another one put in its place between two files.
    if (volume?.dev === dev && atMs - volume.seenMs < VOLUME_HOLDS_MS) return volume.name;
    const { dev: rootDev } = lstatSync(root, { bigint: true });
    const name = volume?.dev === rootDev ? volume.name : volumeNameOf(root, rootDev);
    volume = { dev: rootDev, name, seenMs: atMs };
    return name;
  };
  return { root, homeTrash, nowMs, sigOf: (stats) => toStatSig(stats, volumeName(stats.dev)), rescued: [] };
}

export const lstat = (path: string): BigIntStats => lstatSync(path, { bigint: true });

export const findStat = (path: string): BigIntStats | undefined =>
  lstatSync(path, { bigint: true, throwIfNoEntry: false });
