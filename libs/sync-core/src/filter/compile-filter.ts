import type { FilterRules } from '@tideline/contracts';
import ignore from 'ignore';
import { typeMatcher } from './file-types.ts';

/** Where the agent keeps staged and displaced files; never part of a task, whatever a filter says. */
export const STAGING_FOLDER = '.tideline~sync';

/** TA-9: names that no task ever syncs. */
export const DEFAULT_EXCLUDES = [STAGING_FOLDER, '.DS_Store', 'Thumbs.db', 'desktop.ini', '~$*', '.~lock.*#'] as const;

/** Whether a path below the root (with `/` between names) is left out; asked of a folder before anything below it. */
export type IsExcluded = (path: string, isFolder: boolean) => boolean;

/**
 * Compiled once per task. `exclude` is in gitignore syntax, for files and folders; what is always left out cannot be taken back
 * by a pattern.
 */
export function compileFilter(exclude: readonly string[], { caseSensitive = true } = {}): IsExcluded {
  if (exclude.length === 0) return (path) => isAlwaysExcluded(lastName(path));
  const matcher = ignore({ ignorecase: !caseSensitive, allowRelativePaths: true }).add([...exclude]);
  return (path, isFolder) => {
    if (isAlwaysExcluded(lastName(path))) return true;
    return path !== '' && matcher.ignores(isFolder ? `${path}/` : path);
  };
}

/** Rules of one origin; what a person's task leaves out and what the policy of the enterprise leaves out are two. */
export type Rules = { readonly exclude: readonly string[] } & Partial<Omit<FilterRules, 'exclude'>>;

export type TaskFilter = { readonly isExcluded: IsExcluded; readonly isTooLarge: IsTooLarge };
export type IsTooLarge = (sizeBytes: number) => boolean;

/** Out is what any of them leaves out. Compiled once per task and change of rules. */
export function compileRules(all: readonly Rules[], { caseSensitive = true } = {}): TaskFilter {
  const filters = all.map((rules) => compileFilter(rules.exclude, { caseSensitive }));
  const [first = compileFilter([]), ...others] = filters;
  const typeOf = typeMatcher(all.flatMap(({ excludeTypes = [] }) => excludeTypes));
  const maxBytes = Math.min(...all.map(({ maxFileBytes }) => maxFileBytes ?? Infinity));
  const isExcluded: IsExcluded = (path, isFolder) =>
    first(path, isFolder) ||
    others.some((isOut) => isOut(path, isFolder)) ||
    (!isFolder && typeOf(lastName(path)) !== undefined);
  return { isExcluded, isTooLarge: (sizeBytes) => sizeBytes > maxBytes };
}

export function isAlwaysExcluded(name: string): boolean {
  if (name === STAGING_FOLDER || name === '.DS_Store' || name === 'Thumbs.db' || name === 'desktop.ini') return true;
  return name.startsWith('~$') || (name.startsWith('.~lock.') && name.endsWith('#'));
}

function lastName(path: string): string {
  return path.slice(path.lastIndexOf('/') + 1);
}
