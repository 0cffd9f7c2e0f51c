import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';
import type { DriveScene } from './scene.ts';

const LINE = /^(\d{4}-\d\d-\d\d \d\d:\d\d:\d\d\.\d{3}) UTC \[(\d+)\] LOG: {2}duration: \d/;

/**
 * How long each transaction held its space, in milliseconds: from the end of the statement that locks it to the end of its
 * COMMIT, as PostgreSQL's own log tells. Writing that log costs time too, so nothing else is measured meanwhile.
 */
export async function measureLocks(scene: DriveScene, work: () => Promise<void>): Promise<number[]> {
  const file = join(scene.console.dataPath, 'logs', 'postgres.log');
  const before = (await readFile(file, 'utf8')).length;
  await switchLog(scene, '0');
  await work();
  await switchLog(scene, '-1');
  return readHeldMs((await readFile(file, 'utf8')).slice(before));
}

async function switchLog(scene: DriveScene, minDuration: string): Promise<void> {
  const database = await scene.database();
  try {
    await database.query(`ALTER SYSTEM SET log_parameter_max_length = 0`); // ids and names stay out of it
    await database.query(`ALTER SYSTEM SET log_min_duration_statement = ${minDuration}`);
    await database.query('SELECT pg_reload_conf()');
    await delay(500); // connections read it between two statements
  } finally {
    await database.end();
  }
}

export function readHeldMs(log: string): number[] {
  const held: number[] = [];
  const lockedAt = new Map<string, number>();
  for (const entry of log.split(/\n(?=\d{4}-\d\d-\d\d )/)) {
    const [, time = '', pid = ''] = LINE.exec(entry) ?? [];
    if (pid === '') continue;
    const atMs = Date.parse(`${time.replace(' ', 'T')}Z`);
    const lockedMs = lockedAt.get(pid);
    if (/ execute .*FROM space .*FOR NO KEY UPDATE/s.test(entry)) lockedAt.set(pid, atMs);
    else if (lockedMs !== undefined && /: (COMMIT|ROLLBACK)\s*$/.test(entry)) {
      held.push(atMs - lockedMs);
      lockedAt.delete(pid);
    }
  }
  return held;
}
