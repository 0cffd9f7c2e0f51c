import {
  chmodSync,
  cpSync,
  existsSync,
  lstatSync,
  mkdirSync,
  readdirSync,
  statSync,
  symlinkSync,
  writeFileSync,
} from 'node:fs';
import { join } from 'node:path';
import { REPOSITORY } from '../process/repository.ts';

/** Trees that nobody here wrote, the richest first; a machine without documentation still has the packages. */
const SOURCES = ['/usr/share/doc', join(REPOSITORY, 'node_modules')];

/** Copies about `fileCount` real files to `target`, and adds what such trees seldom hold. Answers how many files there are. */
export function copyRealTree(target: string, fileCount: number): number {
  mkdirSync(target, { recursive: true });
  let copied = 0;
  for (const source of SOURCES.filter((path) => existsSync(path))) {
    for (const name of readdirSync(source).sort()) {
      if (copied >= fileCount) break;
      copied += copyFolder(join(source, name), join(target, name), fileCount - copied);
    }
  }
  return copied + addOddities(target);
}

function copyFolder(source: string, target: string, limit: number): number {
  if (!statSync(source, { throwIfNoEntry: false })?.isDirectory() || existsSync(target)) return 0;
  let files = 0;
  cpSync(source, target, {
    recursive: true,
    verbatimSymlinks: true,
    filter: (path) => {
      const isFile = lstatSync(path).isFile();
      if (isFile && files >= limit) return false;
      if (isFile) files += 1;
      return true;
    },
  });
  return files;
}

function addOddities(target: string): number {
  const odd = join(target, 'odd things');
  mkdirSync(join(odd, 'empty', 'deeper', 'still empty'), { recursive: true });
  const files = [
    'Ünïcödé – ñame.txt',
    '文件 名.txt',
    'tab\tand\nnewline',
    ' spaces ',
    'emoji 🌊',
    'it\'s "quoted"',
    '%41',
    '#1?',
  ];
  for (const name of files) writeFileSync(join(odd, name), `content of ${JSON.stringify(name)}\n`);
  writeFileSync(join(odd, 'empty file'), '');
  writeFileSync(join(odd, 'run.sh'), '#!/bin/sh\necho hello\n');
  chmodSync(join(odd, 'run.sh'), 0o755);
  symlinkSync('run.sh', join(odd, 'link to a file'));
  symlinkSync('empty', join(odd, 'link to a folder'));
  symlinkSync('/nowhere/at/all', join(odd, 'broken link'));
  return files.length + 2;
}
