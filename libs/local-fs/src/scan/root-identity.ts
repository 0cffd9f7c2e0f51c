import { lstatSync, type BigIntStats } from 'node:fs';

/** GU-3: volume, folder id and time of birth; another folder at the same path is another root. */
export const rootIdentity = (stats: BigIntStats, volume: string): string =>
  `${volume}/${stats.ino}/${stats.birthtimeNs}`;

export type RootOf = { readonly root: string; readonly rootDev: bigint; readonly volume: string };

/** Undefined when nothing is at the root's path, or something on another volume. */
export function findRootIdentity({ root, rootDev, volume }: RootOf): string | undefined {
  const stats = lstatSync(root, { bigint: true, throwIfNoEntry: false });
  return stats?.isDirectory() && stats.dev === rootDev ? rootIdentity(stats, volume) : undefined;
}
