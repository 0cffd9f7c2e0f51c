import { createHash } from 'node:crypto';
import { join } from 'node:path';
import type { StatSig } from '@tideline/sync-core';

/** Where the clone of a file lies that was made when the file looked like this. */
export function clonePath(folder: string, path: string, { fileId, size, mtimeNs }: StatSig): string {
  const name = createHash('sha256').update(`${path}\0${fileId}\0${size}\0${mtimeNs}`).digest('hex');
  return join(folder, name);
}
