import {
  appendFileSync,
  chmodSync,
  mkdirSync,
  mkdtempSync,
  renameSync,
  rmSync,
  unlinkSync,
  writeFileSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import type { DirtyPaths, Watch } from '@tideline/sync-core';
import type { WatchKind } from './watch-protocol.ts';
import { countEntries, kindFor } from './choose-kind.ts';
import { createWatch } from './watch.ts';

/** One contract for every way to watch. */
describe.each<WatchKind>(['chokidar', 'folders', 'recursive'])('watching with %s', (kind) => {
  let root: string;
  let watch: Watch;
  let told: DirtyPaths[];
  let wake: () => void;

  beforeEach(async () => {
    root = mkdtempSync(join(tmpdir(), 'tideline-watch-'));
    mkdirSync(join(root, 'a/b'), { recursive: true });
    mkdirSync(join(root, '.tideline~sync/new'), { recursive: true });
    writeFileSync(join(root, 'a/b/file'), 'x');
    told = [];
    wake = () => undefined;
    watch = createWatch({ root, kind, entries: () => 0 });
    await watch.start(
      (dirty) => {
        told.push(dirty);
        wake();
      },
      (code) => expect.fail(`trouble ${code}`),
    );
  });
  afterEach(async () => {
    await watch.stop();
    rmSync(root, { recursive: true, force: true });
  });

  /** Resolves when a folder was told, or everything. */
  const toldOf = async (folder: string): Promise<void> => {
    const isTold = () => told.some((dirty) => dirty === 'all' || dirty.has(folder));
    while (!isTold()) await new Promise<void>((resolve) => (wake = resolve));
    told = [];
  };

  it('tells the folder of a file that is made, changed or deleted', async () => {
    writeFileSync(join(root, 'a/new'), 'x');
    await toldOf('a');
    appendFileSync(join(root, 'a/b/file'), 'y');
    await toldOf('a/b');
    unlinkSync(join(root, 'a/b/file'));
    await toldOf('a/b');
  });

  it('[BI-6] tells a change of the executable bit alone', async () => {
    chmodSync(join(root, 'a/b/file'), 0o755);
    await toldOf('a/b');
  });

  it('tells what happens in folders made or renamed while it runs', async () => {
    mkdirSync(join(root, 'n/m'), { recursive: true });
    await toldOf('');
    writeFileSync(join(root, 'n/m/late'), 'x');
    await toldOf('n/m');
    renameSync(join(root, 'a'), join(root, 'z'));
    await toldOf('');
    appendFileSync(join(root, 'z/b/file'), 'y');
    await toldOf('z/b');
  });

  // On Linux, Node imitates watching a tree and loses such folders; only Windows and macOS, where it is real, use it.
  const isImitated = kind === 'recursive' && process.platform === 'linux';
  it.skipIf(isImitated)('tells what happens in a folder made in place of one that was renamed', async () => {
    renameSync(join(root, 'a'), join(root, 'z'));
    mkdirSync(join(root, 'a/b'), { recursive: true });
    await toldOf('');
    writeFileSync(join(root, 'a/b/new'), 'x');
    await toldOf('a/b');
  });

  it('says nothing about the staging folder', async () => {
    writeFileSync(join(root, '.tideline~sync/new/1'), 'x');
    writeFileSync(join(root, 'marker'), 'x');
    const seen: string[] = [];
    while (!seen.includes('')) {
      await new Promise<void>((resolve) => (wake = resolve));
      for (const dirty of told.splice(0)) seen.push(...(dirty === 'all' ? ['all'] : dirty));
    }
    expect(seen.filter((folder) => folder.startsWith('.tideline~sync'))).toEqual([]);
  });
});

describe('how to watch', () => {
  it('keeps no file in memory for large roots, whatever the system offers for that', () => {
    expect([kindFor(1000, 'linux'), kindFor(1001, 'linux'), kindFor(1_000_000, 'darwin')]).toEqual([
      'chokidar',
      'folders',
      'recursive',
    ]);
  });

  it('changes over when a root outgrows its watcher, and goes on telling', async () => {
    const root = mkdtempSync(join(tmpdir(), 'tideline-grow-'));
    const watch = createWatch({ root, entries: () => 0 });
    let wake = (): void => undefined;
    let told: DirtyPaths[] = [];
    const onDirty = (dirty: DirtyPaths): void => {
      told.push(dirty);
      wake();
    };
    const until = async (isTold: (dirty: DirtyPaths) => boolean): Promise<void> => {
      while (!told.some(isTold)) await new Promise<void>((resolve) => (wake = resolve));
      told = [];
    };
    await watch.start(onDirty, (code) => expect.fail(`trouble ${code}`));
    for (let number = 0; number <= 1000; number += 1) writeFileSync(join(root, `${number}`), '');
    await until((dirty) => dirty === 'all');
    mkdirSync(join(root, 'a/b'), { recursive: true });
    await until((dirty) => dirty === 'all' || dirty.has(''));
    writeFileSync(join(root, 'a/b/new'), 'x');
    await until((dirty) => dirty === 'all' || dirty.has('a/b'));
    await watch.stop();
    rmSync(root, { recursive: true });
  });

  it('counts no further than it has to', () => {
    const root = mkdtempSync(join(tmpdir(), 'tideline-count-'));
    for (const name of ['a', 'b', 'c']) writeFileSync(join(root, name), '');
    mkdirSync(join(root, 'd/e'), { recursive: true });
    expect([countEntries(root, 100), countEntries(root, 2)]).toEqual([5, 2]);
    rmSync(root, { recursive: true });
  });
});
