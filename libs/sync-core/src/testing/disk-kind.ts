import { LINUX_NAMES, type NameRules } from '../model/policy.ts';

/**
 * What kinds of disks do with names, written from what the systems document and not from the engine's own name rules. Only Linux
 * is at hand in tests: Windows and macOS exist here alone.
 */
export type DiskKind = {
  /** What the engine is told of such a disk. */
  readonly names: NameRules;
  /** Two names with one key are one entry. */
  keyOf(name: string): string;
  /** The name as the disk keeps it. */
  stored(name: string): string;
  /** Why such an entry cannot be made, or null. `path` is what the system sees, below the task's root. */
  refusal(name: string, path: string): string | null;
};

/** ext4, XFS, Btrfs: bytes, compared as they are. */
export const LINUX_DISK: DiskKind = {
  names: LINUX_NAMES,
  keyOf: (name) => name,
  stored: (name) => name,
  refusal: (name) => refuseEverywhere(name),
};

/** Room below a root whose own path is 40 characters long. */
const WINDOWS_PATH = 260 - 40;

/** NTFS by way of the ordinary Windows functions: any case finds a name, some characters and names are not allowed. */
export const WINDOWS_DISK: DiskKind = {
  names: { caseSensitive: false, windows: true, maxNameBytes: 255, maxPathUnits: WINDOWS_PATH },
  keyOf: (name) => name.toLowerCase(),
  // A name that ends in dots or spaces is cut without a word: whoever asks for it gets another one.
  stored: (name) => name.replace(/[. ]+$/u, ''),
  refusal: (name, path) => {
    if (/[<>:"|?*\\\p{Cc}]/u.test(name)) return `${name} has a character that Windows does not allow`;
    if (/^(con|prn|aux|nul|com\d|lpt\d)(\..*)?$/iu.test(name)) return `${name} is a device`;
    if (name.length > 255) return 'name too long';
    return path.length > WINDOWS_PATH ? 'path too long' : refuseEverywhere(name);
  },
};

/** HFS+: keeps decomposed letters whatever it is given; any case and form finds a name. */
export const MACOS_DISK: DiskKind = {
  names: { caseSensitive: false, windows: false, maxNameBytes: 255 },
  keyOf: (name) => name.normalize('NFD').toLowerCase(),
  stored: (name) => name.normalize('NFD'),
  refusal: (name) => (name.normalize('NFD').length > 255 ? 'name too long' : refuseEverywhere(name)),
};

export const DISK_KINDS = { linux: LINUX_DISK, windows: WINDOWS_DISK, macos: MACOS_DISK } as const;

function refuseEverywhere(name: string): string | null {
  return name === '' || name === '.' || name === '..' || name.includes('/') ? `${name} is no name` : null;
}
