import { randomBytes } from 'node:crypto';
import { mkdir, readFile, rm, stat, writeFile } from 'node:fs/promises';
import path from 'node:path';
import { AppError } from '@tideline/contracts';
import { z } from 'zod';
import { writeFileAtomically } from '../platform/atomic-file.ts';

const LOCK_FILE = 'console.lock';
const Lock = z.object({ pid: z.int(), startedAt: z.string() });

export type ClaimedFolder = { readonly release: () => Promise<void> };

/** Makes the data directory usable and this process its only console; damages nothing when it cannot. */
export async function claimDataFolder(folder: string): Promise<ClaimedFolder> {
  try {
    await makeFolder(folder);
    await requireWritable(folder);
    await requireSound(folder);
  } catch (cause) {
    throw broken(folder, describe(cause), cause);
  }
  return lock(folder);
}

/** Step by step: a recursive mkdir may never return below a folder that refuses with ENOENT, such as /proc. */
async function makeFolder(folder: string): Promise<void> {
  const found = await stat(folder).catch((error: NodeJS.ErrnoException) => {
    if (error.code === 'ENOENT') return undefined;
    throw error;
  });
  if (found?.isDirectory()) return;
  if (found) throw new Error('there is a file in its place');
  await makeFolder(path.dirname(folder));
  await mkdir(folder, { mode: 0o711 });
}

async function requireWritable(folder: string): Promise<void> {
  const probe = path.join(folder, `.probe-${randomBytes(4).toString('hex')}`);
  await writeFile(probe, '', { flag: 'wx' });
  await rm(probe);
}

/** What the console keeps in folders of its own; made when they are missing. */
const FOLDERS = ['blobs', 'blobs/objects', 'blobs/uploads', 'logs'] as const;
const BOOTSTRAP_FILE = 'bootstrap.json';

/** What an earlier start left there, looked at before anything is started. Nothing of it is changed. */
async function requireSound(folder: string): Promise<void> {
  for (const name of FOLDERS) {
    const found = await findKind(path.join(folder, name));
    if (found === 'other') throw new Error(`there is a file where its folder ${name} should be; move it away`);
  }
  const file = path.join(folder, BOOTSTRAP_FILE);
  if ((await findKind(file)) === 'absent') return;
  if (isObject(parseJson(await readFile(file, 'utf8')))) return;
  throw new Error(`its ${BOOTSTRAP_FILE} is damaged; put a copy of it back, or move it away`);
}

async function findKind(place: string): Promise<'folder' | 'other' | 'absent'> {
  const found = await stat(place).catch((error: NodeJS.ErrnoException) => {
    if (error.code === 'ENOENT') return undefined;
    throw error;
  });
  if (!found) return 'absent';
  return found.isDirectory() ? 'folder' : 'other';
}

function isObject(value: unknown): boolean {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}

async function lock(folder: string): Promise<ClaimedFolder> {
  const file = path.join(folder, LOCK_FILE);
  const text = await readFile(file, 'utf8').catch(() => undefined);
  const holder = Lock.safeParse(parseJson(text));
  if (holder.success && holder.data.pid !== process.pid && (await isSameProcess(holder.data))) {
    throw broken(folder, `another console (process ${holder.data.pid}) uses it`);
  }
  const ours = { pid: process.pid, startedAt: await findStartTime(process.pid) };
  await writeFileAtomically(file, JSON.stringify(ours), 0o600);
  return { release: () => rm(file, { force: true }) };
}

/** A pid alone may belong to somebody else by now; together with its start time it does not. */
async function isSameProcess(holder: z.infer<typeof Lock>): Promise<boolean> {
  return (await findStartTime(holder.pid)) === holder.startedAt && holder.startedAt !== '';
}

/** Clock ticks since boot at which the process began; empty when it is gone or the system has no /proc. */
async function findStartTime(pid: number): Promise<string> {
  const text = await readFile(`/proc/${pid}/stat`, 'utf8').catch(() => '');
  const afterName = text.slice(text.lastIndexOf(')') + 2).split(' ');
  return afterName[19] ?? '';
}

function parseJson(text: string | undefined): unknown {
  try {
    return JSON.parse(text ?? 'null');
  } catch {
    return null; // cut short or damaged: whoever asks says what that means
  }
}

export function broken(folder: string, reason: string, cause?: unknown): AppError {
  const sentence = reason.endsWith('.') ? reason : `${reason}.`;
  return new AppError('DATA_DIRECTORY_BROKEN', { path: folder, reason: sentence }, { cause });
}

export function describe(cause: unknown): string {
  if (!(cause instanceof Error)) return 'unknown reason';
  return cause.message.split('\n')[0] ?? cause.message;
}
