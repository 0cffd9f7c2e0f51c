import { spawnSync } from 'node:child_process';
import { existsSync, mkdirSync, readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { createDiskWorld, type DiskWorld } from './disk-world.fixture.ts';

const USERS_TEXTS = ['old version', 'moves', 'A', 'B', 'goes to the trash'];
const OP_IDS = new Set(['op-new', 'op-replace', 'op-trash']);

function prepare(): DiskWorld {
  const world = createDiskWorld();
  world.write('d/old', 'old version');
  world.write('d/from', 'moves');
  world.write('d/a', 'A');
  world.write('d/b', 'B');
  world.write('d/gone', 'goes to the trash');
  world.write('leftovers/.DS_Store', '');
  mkdirSync(world.path('e'));
  return world;
}

type Links = 'links' | 'no links';

/** Whether the child was killed; false when it came to its end before. */
function runKilledAt(world: DiskWorld, call: number, links: Links): boolean {
  const script = new URL('./crash-child.fixture.ts', import.meta.url).pathname;
  const args = ['--conditions=tideline:source', script, world.root, world.trash, String(call), links];
  const { signal, status, stderr } = spawnSync(process.execPath, args, { encoding: 'utf8' });
  if (signal !== 'SIGKILL' && status !== 0) throw new Error(stderr);
  return signal === 'SIGKILL';
}

function trashed(world: DiskWorld): string[] {
  const files = join(world.trash, 'files');
  return existsSync(files) ? readdirSync(files).map((name) => readFileSync(join(files, name), 'utf8')) : [];
}

describe('[K01] [SA-1] a kill before any call that changes the disk', () => {
  it.each<[Links, number]>([
    ['links', 25],
    ['no links', 15],
  ])(
    'leaves every byte of a person in the tree, aside or in the trash, and no file half done: %s',
    async (links, calls) => {
      let call = 1;
      for (let isKilled = true; isKilled; call += 1) {
        const world = prepare();
        isKilled = runKilledAt(world, call, links);
        await world.disk.recover(OP_IDS);
        const tree = world.tree();
        const texts = Object.values(tree);
        const kept = [...texts, ...world.staged().map((name) => world.text(name)), ...trashed(world)];
        for (const text of USERS_TEXTS) expect(kept, `call ${call}`).toContain(text);
        const whole = new Set([...USERS_TEXTS, 'new file', 'new version', '']);
        expect(
          texts.filter((text) => !whole.has(text)),
          `call ${call}`,
        ).toEqual([]);
        expect(['old version', 'new version'], `call ${call}`).toContain(tree['d/old']);
        expect(texts.filter((text) => ['A', 'B', 'moves'].includes(text)).sort(), `call ${call}`).toEqual([
          'A',
          'B',
          'moves',
        ]);
        expect(world.staged().filter((name) => !name.includes('/old/'))).toEqual([]);
        await world.close();
      }
      expect(call).toBeGreaterThan(calls);
    },
    600_000,
  );
});
