import { mkdirSync, mkdtempSync, readdirSync, rmSync, statSync, symlinkSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { listRootsElsewhere, noteHome } from './known-homes.ts';

const ID = '018f2c5e-0000-7000-8000-000000000001';
let folder: string;
let homes: string;
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'tideline-homes-'));
  homes = join(folder, 'homes');
});
afterEach(() => rmSync(folder, { recursive: true }));

/** A home with one task. */
function addHome(name: string, state = 'active'): string {
  const home = join(folder, name);
  mkdirSync(join(home, 'tasks', ID), { recursive: true });
  writeFileSync(join(home, 'tasks', ID, 'task.json'), JSON.stringify({ id: ID, state, localPath: `/data/${name}` }));
  noteHome(homes, home);
  return home;
}
const rootsSeenFrom = (home: string) => listRootsElsewhere(homes, home).map(({ path }) => path);

describe('[LI-6] the folders of tasks of other homes', () => {
  it('are known to every home, their own left out', () => {
    const [a, b] = [addHome('a'), addHome('b')];
    expect(rootsSeenFrom(a)).toEqual(['/data/b']);
    expect(rootsSeenFrom(b)).toEqual(['/data/a']);
    expect(listRootsElsewhere(homes, a)[0]?.task).toBe(`${ID} (of the agent in ${b})`);
  });

  it('are forgotten with their task, and with their home', () => {
    const [a, b, c] = [addHome('a'), addHome('b'), addHome('c', 'cancelled')];
    rmSync(join(b, 'tasks', ID), { recursive: true });
    expect(rootsSeenFrom(a)).toEqual([]);
    rmSync(b, { recursive: true });
    rmSync(c, { recursive: true });
    noteHome(homes, a);
    expect(readdirSync(homes)).toHaveLength(1);
  });

  it('do not count a home twice that is reached by a link', () => {
    const a = addHome('a');
    symlinkSync(a, join(folder, 'link'));
    noteHome(homes, join(folder, 'link'));
    expect(rootsSeenFrom(a)).toEqual([]);
    expect(rootsSeenFrom(join(folder, 'link'))).toEqual([]);
  });

  it('are for their person only to read', () => {
    addHome('a');
    expect(statSync(homes).mode & 0o777).toBe(0o700);
    expect(statSync(join(homes, readdirSync(homes)[0] ?? '')).mode & 0o777).toBe(0o600);
  });

  it("stand in nobody's way when they cannot be told", () => {
    writeFileSync(homes, 'a file');
    noteHome(homes, join(folder, 'a'));
    expect(listRootsElsewhere(homes, join(folder, 'a'))).toEqual([]);
    rmSync(homes);
    const a = addHome('a');
    addHome('b');
    for (const name of readdirSync(homes)) writeFileSync(join(homes, name), 'garbage');
    expect(rootsSeenFrom(a)).toEqual([]);
  });
});
