/** Where the agent keeps staged and displaced files; never part of the tree. */
export const STAGING_FOLDER = '.tideline~sync';

const NAMES = new Set([STAGING_FOLDER, '.DS_Store', 'Thumbs.db', 'desktop.ini']);

/** TA-9: names that no task ever syncs. */
export function isAlwaysLeftOut(name: string): boolean {
  if (NAMES.has(name)) return true;
  return name.startsWith('~$') || (name.startsWith('.~lock.') && name.endsWith('#'));
}

/** A folder that holds nothing else counts as empty (C22). */
export const isDeletableLeftover = (name: string): boolean => name !== STAGING_FOLDER && isAlwaysLeftOut(name);
