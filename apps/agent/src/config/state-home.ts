import { chmodSync, mkdirSync, statSync } from 'node:fs';
import { AppError } from '@tideline/contracts';

/** Makes the agent's state directory, readable by its owner only. */
export function makeStateHome(home: string): void {
  try {
    mkdirSync(home, { recursive: true, mode: 0o700 });
    if ((statSync(home).mode & 0o077) !== 0) chmodSync(home, 0o700);
  } catch (error) {
    const reason = error instanceof Error ? error.message : String(error);
    throw new AppError('DATA_DIRECTORY_BROKEN', { path: home, reason }, { cause: error });
  }
}
