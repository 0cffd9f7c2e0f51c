import { chmodSync, existsSync, readFileSync, rmSync, statSync } from 'node:fs';
import { join } from 'node:path';
import { writeFileAtomically } from '../tasks/atomic-file.ts';
import type { KeyStore } from './key-store.ts';

/** Keys as plain files in the state directory, readable by their owner only. */
export function createFileKeyStore(home: string): KeyStore {
  const pathOf = (name: string): string => join(home, `${name}.key`);
  return {
    kind: 'file',
    save: async (name, secret) => writeFileAtomically(pathOf(name), secret),
    read: async (name) => {
      const path = pathOf(name);
      if (!existsSync(path)) return null;
      if ((statSync(path).mode & 0o077) !== 0) chmodSync(path, 0o600);
      return readFileSync(path, 'utf8');
    },
    remove: async (name) => rmSync(pathOf(name), { force: true }),
  };
}
