import { stat } from 'node:fs/promises';
import path from 'node:path';

/** An operating system account that runs PostgreSQL in place of root, which PostgreSQL refuses. */
export type Account = { readonly uid: number; readonly gid: number };

type Ownership = { readonly mode: number; readonly uid: number; readonly gid: number };

/** The outermost existing folder on the way to `target` that the account may not pass, such as a 0700 home folder. */
export async function findBlockingFolder(target: string, account: Account): Promise<string | undefined> {
  for (const folder of ancestorsOf(path.resolve(target))) {
    const owner = await stat(folder).catch(() => undefined);
    if (owner === undefined) return undefined; // from here on nothing exists yet; it will be created passable
    if (!mayPass(owner, account)) return folder;
  }
  return undefined;
}

export function mayPass(folder: Ownership, account: Account): boolean {
  if (folder.uid === account.uid) return (folder.mode & 0o100) !== 0;
  if (folder.gid === account.gid) return (folder.mode & 0o010) !== 0;
  return (folder.mode & 0o001) !== 0;
}

/** From the root of the file system down, the folder that holds `target` last. */
function ancestorsOf(target: string): string[] {
  const parent = path.dirname(target);
  return parent === target ? [] : [...ancestorsOf(parent), parent];
}
