import { closeSync, mkdirSync, openSync, writeFileSync, writeSync } from 'node:fs';
import { join } from 'node:path';
import { Chance } from '@tideline/testing';

export const FILES_PER_FOLDER = 100;
const MIB = 1024 * 1024;

/** The same shape of tree as `peers.mjs` gives the others: folders of 100 files of bytes that do not compress. */
export function plantSmall(root: string, files: number, sizeBytes: number): void {
  const chance = new Chance(1);
  for (let number = 0; number < files; number += 1) {
    const folder = join(root, `d${String(Math.floor(number / FILES_PER_FOLDER)).padStart(5, '0')}`);
    if (number % FILES_PER_FOLDER === 0) mkdirSync(folder, { recursive: true });
    writeFileSync(join(folder, `f${number}.dat`), noise(chance, sizeBytes));
  }
}

export function plantLarge(path: string, mib: number): void {
  const chance = new Chance(7);
  const fd = openSync(path, 'w');
  for (let number = 0; number < mib; number += 1) writeSync(fd, noise(chance, MIB));
  closeSync(fd);
}

function noise(chance: Chance, sizeBytes: number): Uint8Array {
  const words = new Uint32Array(Math.ceil(sizeBytes / 4));
  for (let at = 0; at < words.length; at += 1) words[at] = chance.next() * 2 ** 32;
  return new Uint8Array(words.buffer, 0, sizeBytes);
}
