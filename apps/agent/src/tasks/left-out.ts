import { lstatSync, type Dirent, type Stats } from 'node:fs';
import { join } from 'node:path';
import type { FileType, FilterRules } from '@tideline/contracts';
import { compileFilter, DEFAULT_EXCLUDES, typeMatcher, type IsExcluded } from '@tideline/sync-core';
import type { LeftOut } from '../local-api/messages.ts';

type Layer = {
  /** Each pattern for itself, so that the one that fits can be named. */
  readonly patterns: readonly { readonly pattern: string; readonly fits: IsExcluded }[];
  readonly isOut: IsExcluded;
  readonly typeOf: (name: string) => FileType | undefined;
  readonly maxFileBytes: number;
  readonly isPolicy: boolean;
};
/** What leaves files out of a task: the person's rules, then those of the policy. */
export type Filters = readonly Layer[];

export function compileFilters(rules: readonly FilterRules[], platform: NodeJS.Platform): Filters {
  const options = { caseSensitive: platform === 'linux' };
  return rules.map(({ exclude, excludeTypes, maxFileBytes }, index) => ({
    patterns: exclude.map((pattern) => ({ pattern, fits: compileFilter([pattern], options) })),
    isOut: compileFilter(exclude, options),
    typeOf: typeMatcher(excludeTypes),
    maxFileBytes: maxFileBytes ?? Infinity,
    isPolicy: index > 0,
  }));
}

/** By a name of TA-9 or by the filters. The last pattern that fits is the one that counts (gitignore). */
export function findLeftOutByName(filters: Filters, path: string, isFolder: boolean): LeftOut | undefined {
  const name = path.slice(path.lastIndexOf('/') + 1);
  const always = DEFAULT_EXCLUDES.find((pattern) => fitsAlways(pattern, name));
  if (always !== undefined) return { by: 'always', pattern: always, path };
  return firstOf(filters, (layer) => {
    if (layer.isOut(path, isFolder)) {
      const last = layer.patterns.findLast(({ fits }) => fits(path, isFolder));
      return { by: 'filter', path, ...(last ? { pattern: last.pattern } : {}) };
    }
    const type = isFolder ? undefined : layer.typeOf(name);
    return type && { by: 'type', pattern: type, path };
  });
}

/** Whatever side it is on. */
export function findLeftOutBySize(filters: Filters, path: string, sizeBytes: number): LeftOut | undefined {
  return firstOf(filters, ({ maxFileBytes }) =>
    sizeBytes > maxFileBytes ? { by: 'size', path, maxFileBytes } : undefined,
  );
}

function firstOf(filters: Filters, find: (layer: Layer) => LeftOut | undefined): LeftOut | undefined {
  for (const layer of filters) {
    const found = find(layer);
    if (found) return layer.isPolicy ? { ...found, policy: true } : found;
  }
  return undefined;
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
    if (stats?.isFile()) return findLeftOutBySize(filters, at, stats.size);
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
