import { chmodSync, mkdirSync, statSync } from 'node:fs';
import { dirname } from 'node:path';
import { AppError } from '@tideline/contracts';

/** Makes the agent's state directory, readable by its owner only. */
export function makeStateHome(home: string): void {
  try {
    makeFolder(home);
    if ((statSync(home).mode & 0o077) !== 0) chmodSync(home, 0o700);
  } catch (error) {
    throw unusableHome(home, error instanceof Error ? error.message : String(error), error);
  }
}

export function unusableHome(home: string, why: string, cause: unknown): AppError {
  const reason = `the state directory ${home} (TIDELINE_HOME) cannot be used: ${why}.`;
  return new AppError('CONFIG_INVALID', { reason }, { cause });
}

/** Step by step: a recursive mkdir may never return below a folder that refuses with ENOENT, such as /proc. */
function makeFolder(path: string): void {
  const found = statSync(path, { throwIfNoEntry: false });
  if (found?.isDirectory()) return;
  if (found) throw new Error(`${path} is a file, not a folder`);
  makeFolder(dirname(path));
  mkdirSync(path, { mode: 0o700 });
}
