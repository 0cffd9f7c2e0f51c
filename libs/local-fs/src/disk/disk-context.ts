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

export function createDiskContext(options: { root: string; homeTrash: string; nowMs?: () => number }): DiskContext {
  const { root, homeTrash, nowMs = Date.now } = options;
  let volume: { readonly dev: bigint; readonly name: string } | undefined;
  const volumeName = (): string => {
    const { dev } = lstatSync(root, { bigint: true });
    if (volume?.dev !== dev) volume = { dev, name: volumeNameOf(root, dev) };
    return volume.name;
  };
  return { root, homeTrash, nowMs, sigOf: (stats) => toStatSig(stats, volumeName()), rescued: [] };
}

export const lstat = (path: string): BigIntStats => lstatSync(path, { bigint: true });

export const findStat = (path: string): BigIntStats | undefined =>
  lstatSync(path, { bigint: true, throwIfNoEntry: false });
