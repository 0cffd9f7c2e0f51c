import { join } from 'node:path';
import { DatabaseSync } from 'node:sqlite';
import { AppError } from '@tideline/contracts';
import { makeStateHome, unusableHome } from '../config/state-home.ts';

export type HomeLock = { release(): void };

/**
 * One agent per home. The lock is an exclusive transaction on a small SQLite file: the kernel takes it back when the process
 * ends, however it ends, and there is no stale pid to judge.
 */
export function lockHome(home: string): HomeLock {
  makeStateHome(home);
  const database = openLockFile(home);
  try {
    database.exec('PRAGMA journal_mode = DELETE');
    database.exec('BEGIN EXCLUSIVE');
  } catch (error) {
    database.close();
    if (isBusy(error)) throw new AppError('AGENT_ALREADY_RUNNING', { home });
    throw unlockable(home, error);
  }
  return { release: () => database.close() };
}

function openLockFile(home: string): DatabaseSync {
  try {
    return new DatabaseSync(join(home, 'agent.lock'), { timeout: 0 });
  } catch (error) {
    throw unlockable(home, error);
  }
}

function unlockable(home: string, cause: unknown): AppError {
  const why = cause instanceof Error ? cause.message : String(cause);
  return unusableHome(home, `its agent.lock cannot be locked (${why})`, cause);
}

const SQLITE_BUSY = 5;
function isBusy(error: unknown): boolean {
  return error instanceof Error && 'errcode' in error && error.errcode === SQLITE_BUSY;
}
