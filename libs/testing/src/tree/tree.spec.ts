import { chmodSync, mkdirSync, mkdtempSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { Chance } from './chance.ts';
import { differences, readTree, sameTree } from './compare.ts';
import { mutateOnce } from './mutate.ts';
import { copyRealTree } from './real-tree.ts';

let folder: string;
const at = (...names: string[]) => join(folder, ...names);

beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'tideline-tree-'));
  for (const side of ['a', 'b']) {
    mkdirSync(at(side, 'empty'), { recursive: true });
    writeFileSync(at(side, 'file.txt'), 'same');
  }
});
afterEach(() => rmSync(folder, { recursive: true, force: true }));

describe('comparing two trees', () => {
  test('equal trees have no differences, links and the marker folder apart', () => {
    symlinkSync('file.txt', at('a', 'link'));
    mkdirSync(at('b', '.tideline~sync'));
    expect(sameTree(at('a'), at('b'))).toBe(true);
  });

  test.each([
    ['bytes', () => writeFileSync(at('a', 'file.txt'), 'Same')],
    ['the executable bit', () => chmodSync(at('a', 'file.txt'), 0o755)],
    ['an empty folder', () => mkdirSync(at('a', 'another'))],
    ['a kind', () => (rmSync(at('a', 'empty'), { recursive: true }), writeFileSync(at('a', 'empty'), ''))],
  ])('a difference in %s is one line', (_what, change) => {
    change();
    expect(differences(at('a'), at('b'))).toHaveLength(1);
  });
});

describe('changing a tree at random', () => {
  test('a seed repeats what it did', () => {
    const run = (side: string) => {
      const chance = new Chance(7);
      return Array.from({ length: 60 }, () => mutateOnce(at(side), chance).replaceAll(at(side), ''));
    };
    expect(run('a')).toEqual(run('b'));
    expect(differences(at('a'), at('b'))).toEqual([]);
  });

  test('another seed does something else', () => {
    for (const [side, seed] of [['a', 1] as const, ['b', 2] as const]) {
      const chance = new Chance(seed);
      for (let turn = 0; turn < 30; turn += 1) mutateOnce(at(side), chance);
    }
    expect(sameTree(at('a'), at('b'))).toBe(false);
  });
});

test('a real tree brings files, folders, links, executables and odd names', () => {
  const files = copyRealTree(at('real'), 300);
  const facts = [...readTree(at('real'))];
  expect(facts.filter(([, fact]) => fact.startsWith('file'))).toHaveLength(files);
  expect(files).toBeGreaterThan(250);
  expect(facts.some(([, fact]) => fact.endsWith(' x'))).toBe(true);
  expect(facts.some(([path]) => path.includes('\n'))).toBe(true);
});
