import { existsSync, mkdirSync, utimesSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';

/** Both sides of the measured tree are made from these rules, so that they are equal without a byte travelling. */
export const FILES_PER_FOLDER = 100;
export const FOLDERS_PER_TOP = 100;
export const MTIME_MS = 1_700_000_000_000;

/** `file 7\n` in d0/e0/f7.txt: small, and no two alike. */
export function plantFiles(root: string, files: number): void {
  if (existsSync(root)) return; // of an earlier run: a million files take minutes to make and to remove
  for (let number = 0; number < files; number += 1) {
    const folder = Math.floor(number / FILES_PER_FOLDER);
    const path = join(root, `d${Math.floor(folder / FOLDERS_PER_TOP)}`, `e${folder}`);
    if (number % FILES_PER_FOLDER === 0) mkdirSync(path, { recursive: true });
    const file = join(path, `f${number}.txt`);
    writeFileSync(file, `file ${number}\n`);
    utimesSync(file, MTIME_MS / 1000, MTIME_MS / 1000);
  }
}
