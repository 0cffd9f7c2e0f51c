import { execFileSync } from 'node:child_process';
import { closeSync, constants, fsyncSync, openSync } from 'node:fs';

/** From so many files on, one call for the whole file system is faster than one per file. */
const WHOLE_FROM_FILES = 12;
/** When other programs have much to write, the call for the whole file system waits for them too: then files one by one. */
const SLOW_MS = 1500;
const AVOID_FOR_MS = 60_000;

export type MakeDurable = (files: readonly string[], folder: string) => void;

/**
 * Brings written files to the disk. `sync -f` is one `syncfs`: five times faster than thousands of small `fsync` calls, because
 * the file system's journal is committed once. `folder` is any folder on the same file system.
 */
export function createMakeDurable(nowMs: () => number = () => performance.now()): MakeDurable {
  let avoidUntilMs = process.platform === 'linux' ? 0 : Number.POSITIVE_INFINITY;
  return (files, folder) => {
    const startMs = nowMs();
    if (files.length >= WHOLE_FROM_FILES && startMs >= avoidUntilMs) {
      const isDone = syncFileSystem(folder);
      const isSlow = nowMs() - startMs > SLOW_MS;
      if (!isDone) avoidUntilMs = Number.POSITIVE_INFINITY;
      else if (isSlow) avoidUntilMs = nowMs() + AVOID_FOR_MS;
      if (isDone) return;
    }
    for (const file of files) syncOne(file);
  };
}

function syncFileSystem(folder: string): boolean {
  try {
    execFileSync('sync', ['-f', folder], { stdio: 'ignore' });
    return true;
  } catch {
    // No such program or option, or the file system reports an error: the single calls will tell which file it is.
    return false;
  }
}

function syncOne(path: string): void {
  const fd = openSync(path, constants.O_RDONLY);
  try {
    fsyncSync(fd);
  } finally {
    closeSync(fd);
  }
}
