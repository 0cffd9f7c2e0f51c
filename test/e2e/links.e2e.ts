import { mkdirSync, renameSync, rmSync, symlinkSync, unlinkSync, writeFileSync } from 'node:fs';
import { World, readTree, settle } from '@tideline/testing';
import type { AgentProcess } from '@tideline/testing';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';

let world: World;
let a: AgentProcess;
let b: AgentProcess;
const inA = (...names: string[]) => world.path('A', ...names);
const inB = (...names: string[]) => world.path('B', ...names);
const outside = (...names: string[]) => world.path('outside', ...names);
const namesIn = (root: string) => [...readTree(root).keys()].sort();

beforeAll(async () => {
  world = await World.start();
  for (const folder of [inA('d'), inB(), outside()]) mkdirSync(folder, { recursive: true });
  for (const name of ['file', 'd/f', 'beside']) writeFileSync(inA(name), `${name} 1`);
  [a, b] = [await world.agent('a'), await world.agent('b')];
  await a.createTask({ local: inA(), cloud: 'personal:/Links' });
  await b.createTask({ local: inB(), cloud: 'personal:/Links' });
  await settle([a, b]);
  // As people make room: moved to another disk, a link in its place.
  renameSync(inA('file'), outside('file'));
  symlinkSync(outside('file'), inA('file'));
  renameSync(inA('d'), outside('d'));
  symlinkSync(outside('d'), inA('d'));
  writeFileSync(inA('beside'), 'beside 2');
  await settle([a, b]);
});
afterAll(() => world?.dispose());

describe('[SA-4] [SY-14] a link that a person puts in the place of a file or a folder', () => {
  test('deletes nothing anywhere, is told as skipped, and everything else goes on', async () => {
    expect(namesIn(inB())).toEqual(['beside', 'd', 'd/f', 'file']);
    expect(readTree(inB()).get('beside')).toBe(readTree(inA()).get('beside'));
    for (const path of [inA('file'), inA('d', 'f')])
      expect((await a.command('explain', path)).text).toContain('left out: it is a link');
  });

  test('is neither followed nor replaced by what others do to the file and in the folder', async () => {
    writeFileSync(inB('file'), 'file 2, by the other');
    writeFileSync(inB('d', 'new'), 'new, by the other');
    rmSync(inB('d', 'f'));
    await settle([b, a]);
    expect(namesIn(outside())).toEqual(['d', 'd/f', 'file']);
    expect(namesIn(inB())).toEqual(['beside', 'd', 'd/new', 'file']);
  });

  test('undone, both meet again: what was edited there comes, what is here and was deleted there goes, by the rules', async () => {
    unlinkSync(inA('file'));
    renameSync(outside('file'), inA('file'));
    unlinkSync(inA('d'));
    renameSync(outside('d'), inA('d'));
    await settle([a, b]);
    expect(namesIn(inA())).toEqual(['beside', 'd', 'd/new', 'file']);
    expect(readTree(inA())).toEqual(readTree(inB()));
  });

  test('taken away without anything in its place, it is a delete like any other', async () => {
    rmSync(inA('file'));
    symlinkSync(outside('nothing'), inA('file'));
    await settle([a, b]);
    expect(namesIn(inB())).toContain('file');
    unlinkSync(inA('file'));
    await settle([a, b]);
    expect(namesIn(inB())).toEqual(['beside', 'd', 'd/new']);
  });
});
