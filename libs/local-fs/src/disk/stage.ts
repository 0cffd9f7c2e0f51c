import { constants } from 'node:fs';
import { mkdir, open, unlink, type FileHandle } from 'node:fs/promises';
import { join } from 'node:path';
import type { StagedFile } from '@tideline/sync-core';
import { codeOf } from '../scan/system-error.ts';
import { stagingPath } from './staging.ts';
import { STAGING_FOLDER } from '@tideline/sync-core/filter';

/** A download that grows in staging. What an earlier try left under the name is bytes of the cloud and is begun anew. */
export async function stage(root: string, opId: string): Promise<StagedFile> {
  for (const folder of [STAGING_FOLDER, stagingPath('new')]) await makePrivate(join(root, folder));
  const path = join(root, stagingPath('new'), opId);
  const flags = constants.O_WRONLY | constants.O_CREAT | constants.O_TRUNC | constants.O_NOFOLLOW;
  const handle = await open(path, flags, 0o600);
  return {
    name: opId,
    write: (bytes) => writeAll(handle, bytes),
    finish: async () => {
      await handle.sync();
      await handle.close();
    },
    discard: async () => {
      await handle.close();
      await unlink(path);
    },
  };
}

async function writeAll(handle: FileHandle, bytes: Uint8Array): Promise<void> {
  for (let at = 0; at < bytes.length;) at += (await handle.write(bytes, at)).bytesWritten;
}

async function makePrivate(path: string): Promise<void> {
  try {
    await mkdir(path, 0o700);
  } catch (error) {
    if (codeOf(error) !== 'EEXIST') throw error;
  }
}
