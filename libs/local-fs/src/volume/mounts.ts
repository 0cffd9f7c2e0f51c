import { readdirSync, readFileSync, realpathSync } from 'node:fs';
import { join } from 'node:path';

export type Mount = {
  readonly mountPoint: string;
  readonly root: string;
  readonly fileSystem: string;
  readonly source: string;
};

/** Mounts as the kernel lists them, later ones over earlier ones; empty where there is no such list. */
export function listMounts(): readonly Mount[] {
  try {
    return parseMountInfo(readFileSync('/proc/self/mountinfo', 'utf8'));
  } catch {
    // Only Linux has it; without it, the volume is named by its device number.
    return [];
  }
}

export function parseMountInfo(text: string): readonly Mount[] {
  return text.split('\n').flatMap((line) => {
    const [left, right] = line.split(' - ');
    const [, , , root, mountPoint] = left?.split(' ') ?? [];
    const [fileSystem, source] = right?.split(' ') ?? [];
    if (!root || !mountPoint || !fileSystem) return [];
    return [{ mountPoint: unescape(mountPoint), root: unescape(root), fileSystem, source: unescape(source ?? '') }];
  });
}

/** The mount that holds `path`: the longest mount point above it, of equal ones the last. */
export function findMount(mounts: readonly Mount[], path: string): Mount | undefined {
  let best: Mount | undefined;
  for (const mount of mounts) {
    const isAbove = mount.mountPoint === '/' || path === mount.mountPoint || path.startsWith(`${mount.mountPoint}/`);
    if (isAbove && mount.mountPoint.length >= (best?.mountPoint.length ?? 0)) best = mount;
  }
  return best;
}

/**
 * Names the volume of a folder so that it stays the same over restarts, which device numbers do not: by the UUID of its file
 * system, else by what is mounted there.
 */
export function volumeNameOf(path: string, dev: bigint): string {
  const mount = findMount(listMounts(), realpathSync(path));
  if (!mount) return `dev:${dev}`;
  const uuid = uuidOf(mount.source);
  return uuid ? `uuid:${uuid}:${mount.root}` : `${mount.fileSystem}:${mount.source}:${mount.root}`;
}

function uuidOf(source: string): string | undefined {
  const folder = '/dev/disk/by-uuid';
  try {
    const device = realpathSync(source);
    return readdirSync(folder).find((uuid) => realpathSync(join(folder, uuid)) === device);
  } catch {
    // Not a block device, or no such list on this machine.
    return undefined;
  }
}

/** Spaces, tabs, newlines and backslashes are written as octal numbers. */
const unescape = (text: string): string =>
  text.replace(/\\([0-7]{3})/g, (_whole, octal: string) => String.fromCharCode(Number.parseInt(octal, 8)));
