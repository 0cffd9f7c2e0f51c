import ignore from 'ignore';

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

export function isAlwaysExcluded(name: string): boolean {
  if (name === STAGING_FOLDER || name === '.DS_Store' || name === 'Thumbs.db' || name === 'desktop.ini') return true;
  return name.startsWith('~$') || (name.startsWith('.~lock.') && name.endsWith('#'));
}

function lastName(path: string): string {
  return path.slice(path.lastIndexOf('/') + 1);
}
