import { execFile } from 'node:child_process';
import { promisify } from 'node:util';
import type { Account } from './traversal.ts';

const run = promisify(execFile);

/** The account PostgreSQL runs as; `undefined` when this process may run it itself (it is not root). */
export async function ensurePostgresAccount(): Promise<Account | undefined> {
  if (process.getuid?.() !== 0) return undefined;
  const found = await findAccount('postgres');
  if (found) return found;
  await createAccount('postgres');
  const account = (await findAccount('postgres')) ?? (await findAccount('nobody'));
  if (!account) throw new Error('no account to run PostgreSQL as; create a user named postgres');
  return account;
}

async function findAccount(name: string): Promise<Account | undefined> {
  try {
    const [uid, gid] = await Promise.all([run('id', ['-u', name]), run('id', ['-g', name])]);
    return { uid: Number(uid.stdout), gid: Number(gid.stdout) };
  } catch {
    return undefined; // `id` fails for names it does not know
  }
}

async function createAccount(name: string): Promise<void> {
  try {
    await run('groupadd', ['--system', name]);
    await run('useradd', ['--system', '-g', name, '-M', '-s', '/usr/sbin/nologin', name]);
  } catch {
    // no such tools, or not allowed: the caller falls back to `nobody`
  }
}
