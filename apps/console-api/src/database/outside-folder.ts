import { randomBytes } from 'node:crypto';
import { access, mkdir, readFile, readdir, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { writeFileAtomically } from '../platform/atomic-file.ts';
import { stopOrphan } from './postmaster.ts';

const PREFIX = 'tideline-';
/** Says whose cluster a folder outside of its data directory is. */
const OWNER_FILE = 'owner';

/** A folder of its own for the cluster of `dataFolder`, where every account may pass. */
export async function createOutsideFolder(sharedFolder: string, dataFolder: string): Promise<string> {
  const folder = path.join(sharedFolder, PREFIX + randomBytes(8).toString('hex'));
  await mkdir(folder, { recursive: true, mode: 0o711 });
  await writeFileAtomically(path.join(folder, OWNER_FILE), dataFolder, 0o600);
  return path.join(folder, 'pg');
}

/**
 * Removes clusters whose data directory was a temporary one and is gone, as tests and trials leave them. A data directory
 * that is missing anywhere else may only be away for now (an unmounted disk), so its cluster stays.
 */
export async function removeAbandonedClusters(sharedFolder: string): Promise<void> {
  for (const name of await readdir(sharedFolder)) {
    if (!name.startsWith(PREFIX)) continue;
    const folder = path.join(sharedFolder, name);
    const dataFolder = await readFile(path.join(folder, OWNER_FILE), 'utf8').catch(() => undefined);
    if (dataFolder === undefined || !(await isAbandoned(dataFolder))) continue;
    await stopOrphan(path.join(folder, 'pg'));
    await rm(folder, { recursive: true, force: true });
  }
}

async function isAbandoned(dataFolder: string): Promise<boolean> {
  if (!dataFolder.startsWith(tmpdir() + path.sep)) return false;
  return access(dataFolder).then(
    () => false,
    (error: NodeJS.ErrnoException) => error.code === 'ENOENT' || error.code === 'ENOTDIR',
  );
}
