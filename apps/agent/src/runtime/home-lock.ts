import { mkdirSync } from 'node:fs';
import { join } from 'node:path';
import { DatabaseSync } from 'node:sqlite';
import { AppError } from '@tideline/contracts';

export type HomeLock = { release(): void };

/**
 * One agent per home. The lock is an exclusive transaction on a small SQLite file: the kernel takes it back when the process
 * ends, however it ends, and there is no stale pid to judge.
 */
export function lockHome(home: string): HomeLock {
  mkdirSync(home, { recursive: true, mode: 0o700 });
  const database = new DatabaseSync(join(home, 'agent.lock'), { timeout: 0 });
  try {
    database.exec('PRAGMA journal_mode = DELETE');
    database.exec('BEGIN EXCLUSIVE');
  } catch (error) {
    database.close();
    if (isBusy(error)) throw new AppError('AGENT_ALREADY_RUNNING', { home });
    throw error;
  }
  return { release: () => database.close() };
}

const SQLITE_BUSY = 5;
function isBusy(error: unknown): boolean {
  return error instanceof Error && 'errcode' in error && error.errcode === SQLITE_BUSY;
}
