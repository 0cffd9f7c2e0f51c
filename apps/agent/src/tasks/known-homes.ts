import { createHash } from 'node:crypto';
import { existsSync, mkdirSync, readdirSync, readFileSync, realpathSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import { z } from 'zod';
import { writeFileAtomically } from './atomic-file.ts';
import { TaskRecord } from './task-record.ts';

/** The folder of one task of some home. */
export type KnownRoot = { readonly path: string; readonly task: string };

const Entry = z.object({ home: z.string() });
const RootOfTask = TaskRecord.pick({ id: true, state: true, localPath: true });

/**
 * LI-6 counts the tasks of every home, and agents know only their own. So each names its home in a folder of its person, a file
 * per home; which tasks there are is read from the home itself, so that nothing kept here can be out of date. Best effort: a
 * folder that cannot be used hides other homes from this check and stands in nobody's way.
 */
export function noteHome(homesFolder: string, home: string): void {
  try {
    mkdirSync(homesFolder, { recursive: true, mode: 0o700 });
    for (const { file, entry } of readEntries(homesFolder)) if (!existsSync(entry.home)) rmSync(file, { force: true });
    const name = createHash('sha256').update(home).digest('hex').slice(0, 20);
    writeFileAtomically(join(homesFolder, `${name}.json`), `${JSON.stringify({ home })}\n`);
  } catch {
    // see above
  }
}

/** Folders of the tasks that other homes have at this moment. */
export function listRootsElsewhere(homesFolder: string, home: string): KnownRoot[] {
  const own = realPathOf(home);
  const homes = new Set(readEntries(homesFolder).map(({ entry }) => realPathOf(entry.home)));
  homes.delete(own);
  return [...homes].flatMap(listRoots);
}

function readEntries(homesFolder: string) {
  return list(homesFolder).flatMap((name) => {
    const file = join(homesFolder, name);
    const entry = name.endsWith('.json') ? Entry.safeParse(readJson(file)) : undefined;
    return entry?.success ? [{ file, entry: entry.data }] : [];
  });
}

function listRoots(home: string): KnownRoot[] {
  return list(join(home, 'tasks')).flatMap((name) => {
    const record = RootOfTask.safeParse(readJson(join(home, 'tasks', name, 'task.json')));
    if (!record.success || record.data.state === 'cancelled') return [];
    return [{ path: record.data.localPath, task: `${record.data.id} (of the agent in ${home})` }];
  });
}

function list(folder: string): string[] {
  try {
    return readdirSync(folder);
  } catch {
    return []; // gone, or not ours to read: nothing is known of it
  }
}

function readJson(file: string): unknown {
  try {
    return JSON.parse(readFileSync(file, 'utf8'));
  } catch {
    return undefined; // gone, half of an older version, or damaged: its own agent tells about that
  }
}

function realPathOf(path: string): string {
  try {
    return realpathSync(path);
  } catch {
    return path; // a home that is gone has no tasks either
  }
}
