import {
  appendFileSync,
  chmodSync,
  existsSync,
  mkdirSync,
  readdirSync,
  renameSync,
  rmSync,
  statSync,
  truncateSync,
  writeFileSync,
  type Dirent,
} from 'node:fs';
import { join } from 'node:path';
import type { Chance } from './chance.ts';

const MAX_FILE_BYTES = 20_000;
const ODD_NAMES = [
  'Zürich – été.txt',
  '日本語 ファイル',
  'emoji 🌊.md',
  ' leading and trailing ',
  'quote"and\'apostrophe',
  'line\nbreak',
  'back\\slash',
  'percent%20and#hash?',
  'con',
  '.hidden',
  'UPPER.txt',
  'upper.txt',
  'é-composed',
  '-rf',
  'a'.repeat(200),
];

type Tree = { readonly root: string; readonly files: readonly string[]; readonly folders: readonly string[] };
type Edit = (tree: Tree, chance: Chance) => string | undefined;

/** Weights by repetition: people write and rename more than they delete. */
const EDITS: readonly (readonly [weight: number, edit: Edit])[] = [
  [6, createFile],
  [5, editFile],
  [3, appendFile],
  [2, truncateFile],
  [4, renameFile],
  [3, moveFile],
  [2, moveFolder],
  [1, deleteFile],
  [1, deleteFolder],
  [2, swapNames],
  [2, createOddName],
  [2, createFolder],
  [2, flipExecutable],
];
const BAG = EDITS.flatMap(([weight, edit]) => Array.from({ length: weight }, () => edit));

/** One random change below `root`; answers what it did, or what it tried where something was in the way. */
export function mutateOnce(root: string, chance: Chance): string {
  const tree = listTree(root);
  const edit = chance.pick(BAG) ?? createFile;
  // The agent moves things at the same time: an edit whose target has just gone did not happen.
  try {
    return edit(tree, chance) ?? `${edit.name}: nothing to do it with`;
  } catch (error) {
    return `${edit.name}: ${(error as NodeJS.ErrnoException).code ?? String(error)}`;
  }
}

function listTree(root: string): Tree {
  const files: string[] = [];
  const folders: string[] = [root];
  for (const folder of folders) {
    for (const entry of entriesOf(folder)) {
      if (entry.name === '.tideline~sync') continue;
      if (entry.isDirectory()) folders.push(join(folder, entry.name));
      else if (entry.isFile()) files.push(join(folder, entry.name));
    }
  }
  return { root, files, folders };
}

/** Sorted, because a seed must find the same order again. Nothing, where the agent has just moved the folder away. */
function entriesOf(folder: string): Dirent[] {
  try {
    return readdirSync(folder, { withFileTypes: true }).sort((a, b) => (a.name < b.name ? -1 : 1));
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'ENOENT') return [];
    throw error;
  }
}

function createFile({ root, folders }: Tree, chance: Chance): string {
  const path = join(chance.pick(folders) ?? root, `new-${chance.below(1e9)}.dat`);
  writeFileSync(path, chance.text(chance.below(MAX_FILE_BYTES)));
  return `create ${path}`;
}

function editFile({ files }: Tree, chance: Chance): string | undefined {
  const path = chance.pick(files);
  if (!path) return undefined;
  writeFileSync(path, chance.text(1 + chance.below(MAX_FILE_BYTES)));
  return `edit ${path}`;
}

function appendFile({ files }: Tree, chance: Chance): string | undefined {
  const path = chance.pick(files);
  if (!path) return undefined;
  appendFileSync(path, chance.text(1 + chance.below(500)));
  return `append ${path}`;
}

function truncateFile({ files }: Tree, chance: Chance): string | undefined {
  const path = chance.pick(files);
  if (!path) return undefined;
  truncateSync(path, chance.below(statSync(path).size + 1));
  return `truncate ${path}`;
}

function renameFile({ files }: Tree, chance: Chance): string | undefined {
  const path = chance.pick(files);
  return path && rename(path, join(path, '..', `renamed-${chance.below(1e9)}`));
}

function moveFile({ root, files, folders }: Tree, chance: Chance): string | undefined {
  const path = chance.pick(files);
  return path && rename(path, join(chance.pick(folders) ?? root, `moved-${chance.below(1e9)}`));
}

function moveFolder({ root, folders }: Tree, chance: Chance): string | undefined {
  const path = chance.pick(folders.slice(1));
  const parents = folders.filter((folder) => path && folder !== path && !folder.startsWith(`${path}/`));
  return path && rename(path, join(chance.pick(parents) ?? root, `folder-${chance.below(1e9)}`));
}

function deleteFile({ files }: Tree, chance: Chance): string | undefined {
  const path = chance.pick(files);
  if (!path) return undefined;
  rmSync(path);
  return `delete ${path}`;
}

/** Small ones only: a mass delete is held for a person (GU-1), which is another test. */
function deleteFolder({ files, folders }: Tree, chance: Chance): string | undefined {
  const small = folders.slice(1).filter((folder) => files.filter((file) => file.startsWith(`${folder}/`)).length <= 2);
  const path = chance.pick(small);
  if (!path) return undefined;
  rmSync(path, { recursive: true });
  return `delete folder ${path}`;
}

function swapNames({ files }: Tree, chance: Chance): string | undefined {
  const [first, second] = [chance.pick(files), chance.pick(files)];
  if (!first || !second || first === second) return undefined;
  const aside = `${first}.swap-${chance.below(1e9)}`;
  renameSync(first, aside);
  renameSync(second, first);
  renameSync(aside, second);
  return `swap ${first} and ${second}`;
}

function createOddName({ root, folders }: Tree, chance: Chance): string {
  const path = join(chance.pick(folders) ?? root, chance.pick(ODD_NAMES) ?? 'odd');
  writeFileSync(path, chance.text(chance.below(100)));
  return `create ${path}`;
}

function createFolder({ root, folders }: Tree, chance: Chance): string {
  const path = join(chance.pick(folders) ?? root, `folder-${chance.below(1e9)}`);
  mkdirSync(path);
  return `create folder ${path}`;
}

function flipExecutable({ files }: Tree, chance: Chance): string | undefined {
  const path = chance.pick(files);
  if (!path) return undefined;
  const mode = statSync(path).mode & 0o777;
  chmodSync(path, mode ^ 0o111);
  return `chmod ${(mode ^ 0o111).toString(8)} ${path}`;
}

function rename(from: string, to: string): string {
  if (existsSync(to)) return `rename ${from}: ${to} is taken`;
  renameSync(from, to);
  return `rename ${from} → ${to}`;
}
