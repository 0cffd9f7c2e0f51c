import { posix, win32 } from 'node:path';

export type FolderFacts = {
  readonly platform: NodeJS.Platform;
  /** Home folder of the person the agent runs for. */
  readonly home: string;
};

/** LI-6: why a folder may never be a sync folder, in words that end the sentence; undefined when it may. */
export function findForbidden(path: string, facts: FolderFacts): string | undefined {
  const paths = facts.platform === 'win32' ? win32 : posix;
  const folder = paths.resolve(path);
  if (folder === paths.parse(folder).root) return 'it is the root of a drive.';
  if (isSystemFolder(folder, facts)) return 'it belongs to the operating system.';
  if (isHomeFolder(folder, facts)) return 'it is a home folder; choose a folder inside it.';
  return undefined;
}

const UNIX_SYSTEM = ['bin', 'boot', 'dev', 'etc', 'proc', 'run', 'sbin', 'sys', 'usr'];
const MAC_SYSTEM = ['System', 'Library', 'Applications', 'private/etc'];
const WINDOWS_SYSTEM = ['windows', 'program files', 'program files (x86)', 'programdata', '$recycle.bin'];

function isSystemFolder(folder: string, { platform }: FolderFacts): boolean {
  if (platform === 'win32') return WINDOWS_SYSTEM.includes(folder.slice(3).toLowerCase().split('\\')[0] ?? '');
  const [top = ''] = folder.slice(1).split('/');
  if (UNIX_SYSTEM.includes(top) || top.startsWith('lib')) return true;
  return platform === 'darwin' && MAC_SYSTEM.some((name) => `${folder}/`.startsWith(`/${name}/`));
}

/** Home folders of this person and of others, and the folders that hold them. */
function isHomeFolder(folder: string, { platform, home }: FolderFacts): boolean {
  if (platform === 'win32') return /^[a-z]:\\users(\\[^\\]+)?$/i.test(folder) || folder === home;
  return folder === home || folder === '/root' || /^\/(home|Users)(\/[^/]+)?$/.test(folder);
}
