import type { SpaceKind } from '@tideline/contracts';

/** PE-5: what an admin sees of a local path is its last folder, and nothing for a personal space. */
export function maskLocalPath(localPath: string, spaceKind: SpaceKind): string | null {
  if (spaceKind === 'personal') return null;
  const lastFolder = localPath.split(/[/\\]/).findLast((name) => name !== '');
  return lastFolder === undefined ? null : `…/${lastFolder}`;
}

export function maskCloudPath(cloudPath: string, spaceKind: SpaceKind): string | null {
  return spaceKind === 'personal' ? null : cloudPath;
}
