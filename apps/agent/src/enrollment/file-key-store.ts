import { chmodSync, existsSync, readFileSync, rmSync, statSync } from 'node:fs';
import { join } from 'node:path';
import { writeFileAtomically } from '../tasks/atomic-file.ts';
import type { KeyStore } from './key-store.ts';

/** Keys as plain files in the state directory, readable by their owner only. */
export function createFileKeyStore(home: string): KeyStore {
  const pathOf = (name: string): string => join(home, `${name}.key`);
  return {
    kind: 'file',
    save: (name, secret) => inOrder(() => writeFileAtomically(pathOf(name), secret)),
    read: (name) => inOrder(() => findKey(pathOf(name))),
    remove: (name) => inOrder(() => rmSync(pathOf(name), { force: true })),
  };
}

function findKey(path: string): string | null {
  if (!existsSync(path)) return null;
  if ((statSync(path).mode & 0o077) !== 0) chmodSync(path, 0o600);
  return readFileSync(path, 'utf8');
}

/** The port waits for keychains; a file is there at once, and its failures must still come as rejections. */
function inOrder<T>(work: () => T): Promise<T> {
  return Promise.resolve().then(work);
}
