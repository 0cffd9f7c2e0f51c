import { lstatSync, type Dirent, type Stats } from 'node:fs';
import { join } from 'node:path';
import { compileFilter, DEFAULT_EXCLUDES, type IsExcluded } from '@tideline/sync-core';
import type { LeftOut } from '../local-api/messages.ts';

/** The filters of a task, each pattern for itself, so that the one that fits can be named. */
export type Filters = {
  readonly isOut: IsExcluded;
  readonly patterns: readonly { readonly pattern: string; readonly fits: IsExcluded }[];
};

export function compileFilters(exclude: readonly string[], platform: NodeJS.Platform): Filters {
  const options = { caseSensitive: platform === 'linux' };
  const patterns = exclude.map((pattern) => ({ pattern, fits: compileFilter([pattern], options) }));
  return { isOut: compileFilter(exclude, options), patterns };
}

/** By a name of TA-9 or by the filters. The last pattern that fits is the one that counts (gitignore). */
export function findLeftOutByName(filters: Filters, path: string, isFolder: boolean): LeftOut | undefined {
  if (!filters.isOut(path, isFolder)) return undefined;
  const name = path.slice(path.lastIndexOf('/') + 1);
  const always = DEFAULT_EXCLUDES.find((pattern) => fitsAlways(pattern, name));
  if (always !== undefined) return { by: 'always', pattern: always, path };
  const last = filters.patterns.findLast(({ fits }) => fits(path, isFolder));
  return { by: 'filter', path, ...(last ? { pattern: last.pattern } : {}) };
}

/** A `*` of TA-9's names stands for any characters; the rest is literal. */
function fitsAlways(pattern: string, name: string): boolean {
  const [start = '', end] = pattern.split('*');
  return end === undefined ? name === pattern : name.startsWith(start) && name.endsWith(end);
}

type Kind = Pick<Dirent | Stats, 'isSymbolicLink' | 'isSocket' | 'isFIFO' | 'isFile' | 'isDirectory'>;

/** Links, sockets, pipes and devices. */
export function findLeftOutByKind(entry: Kind, path: string): LeftOut | undefined {
  if (entry.isFile() || entry.isDirectory()) return undefined;
  if (entry.isSymbolicLink()) return { by: 'link', path };
  if (entry.isSocket()) return { by: 'socket', path };
  return { by: entry.isFIFO() ? 'pipe' : 'device', path };
}

/** The first thing on the way from the task's folder to a path that is left out, and all below it with it. */
export function findLeftOut(root: string, path: string, filters: Filters): LeftOut | undefined {
  const names = path.split('/').filter((name) => name !== '');
  const { dev } = statOrUndefined(root) ?? {};
  for (const [index] of names.entries()) {
    const at = names.slice(0, index + 1).join('/');
    const stats = statOrUndefined(join(root, at));
    const isFolder = index < names.length - 1 || stats?.isDirectory() === true;
    const found = (stats && findLeftOutByPlace(stats, dev, at)) ?? findLeftOutByName(filters, at, isFolder);
    if (found) return found;
  }
  return undefined;
}

function findLeftOutByPlace(stats: Stats, rootDev: number | undefined, path: string): LeftOut | undefined {
  if (stats.isDirectory() && stats.dev !== rootDev) return { by: 'mount', path };
  return findLeftOutByKind(stats, path);
}

function statOrUndefined(path: string): Stats | undefined {
  try {
    return lstatSync(path, { throwIfNoEntry: false });
  } catch {
    return undefined; // unreadable on the way: a problem of its own, not left out
  }
}
