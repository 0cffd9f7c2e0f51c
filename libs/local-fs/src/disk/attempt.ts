import type { Changed, DiskRefused } from '@tideline/sync-core';
import { codeOf } from '../scan/system-error.ts';

export const CHANGED: Changed = { t: 'changed' };

/** Tries that a lock of another program may outlast: virus scanners on Windows hold files for a second or two. */
const RETRY_DELAYS_MS = process.platform === 'win32' ? [5, 10, 20, 40, 80, 160, 320, 640, 1600] : [5, 20, 80];
const TRANSIENT = new Set(process.platform === 'win32' ? ['EBUSY', 'EPERM', 'EACCES'] : ['EBUSY']);

/**
 * What the disk answers as a value: a name that is gone is a change, every other refusal of the system is told by its code.
 * An error without a code is a defect of ours and goes up.
 */
export function attempt<T>(work: () => T): T | Changed | DiskRefused {
  for (let tries = 0; ; tries += 1) {
    try {
      return work();
    } catch (error) {
      const code = codeOf(error);
      if (code === 'ENOENT') return CHANGED;
      if (code === 'UNKNOWN') throw error;
      const delayMs = TRANSIENT.has(code) ? RETRY_DELAYS_MS[tries] : undefined;
      if (delayMs === undefined) return { t: 'refused', code: code === 'ENOTDIR' ? 'ELOOP' : code };
      sleep(delayMs);
    }
  }
}

/** The disk worker has nothing else to do meanwhile. */
function sleep(delayMs: number): void {
  Atomics.wait(new Int32Array(new SharedArrayBuffer(4)), 0, 0, delayMs);
}
