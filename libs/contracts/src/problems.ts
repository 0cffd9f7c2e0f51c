import { fillText, type ErrorParams } from './errors.ts';
import type { ProblemCode } from './task.ts';

/** For the person: what is wrong with a file or folder, and what to do about it. `{name}` are parameters of the problem. */
export const PROBLEM_TEXTS: Readonly<Record<ProblemCode, readonly [message: string, fix: string]>> = {
  UNREADABLE: ['It cannot be read or written.', 'Check its permissions; it is tried again by itself.'],
  BUSY: ['Another program has it open.', 'Close it there; it is tried again by itself.'],
  NAME_UNSUPPORTED: ['Its name cannot be stored in the cloud.', 'Give it another name.'],
  NAME_CLASH: ['Its name cannot stand beside another one here.', 'Rename one of the two.'],
  PATH_TOO_LONG: ['Its path is too long for this device.', 'Shorten the names of the folders above it.'],
  LIMIT_FILES: ['More than {max} files are in the sync folders of this device.', 'Leave some out by a filter.'],
  QUOTA: ['The space in the cloud is full.', 'Free some room there or ask an admin for a larger quota.'],
  DISK_FULL: ['The disk of this device is too full for it.', 'Free some room; it is fetched then by itself.'],
  DISK_READ_ONLY: ['The disk of this device cannot be written.', 'Mount it for writing; it is tried again by itself.'],
  RIGHT_MISSING: [
    'You do not have the right for this change in the cloud.',
    'Ask an admin for it, or undo the change.',
  ],
  ROOT_MISSING: ['The folder of the task is not there.', 'Bring it back, or cancel the task.'],
  TRANSFER_FAILED: ['It could not be transferred.', 'It is tried again by itself.'],
  CONTENT_MISMATCH: ['The bytes received are not the ones that were saved.', 'It is fetched again by itself.'],
  IN_THE_WAY: ['Something that is not synced has its place.', 'Move away or rename what is there.'],
  WATCH_LIMIT: ['The system does not report changes any more.', 'Raise its limit of watched folders.'],
  REFUSED: ['The server refused it ({code}).', 'It is tried again by itself; if it stays, tell your admin the code.'],
};

/** What is wrong, and what to do about it, for one file. */
export function problemText(
  code: ProblemCode,
  params: ErrorParams,
): { readonly message: string; readonly fix: string } {
  const [message, fix] = PROBLEM_TEXTS[code];
  return { message: fillText(message, params), fix: fillText(fix, params) };
}
