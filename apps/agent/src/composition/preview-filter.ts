/** TA-9: shown at creation, never synced. */
export const ALWAYS_LEFT_OUT = ['.tideline~sync', '.DS_Store', 'Thumbs.db', 'desktop.ini', '~$*', '.~lock.*#'] as const;

const NAMES: ReadonlySet<string> = new Set(['.tideline~sync', '.DS_Store', 'Thumbs.db', 'desktop.ini']);

export function isAlwaysLeftOut(path: string): boolean {
  const name = path.slice(path.lastIndexOf('/') + 1);
  return NAMES.has(name) || name.startsWith('~$') || (name.startsWith('.~lock.') && name.endsWith('#'));
}
