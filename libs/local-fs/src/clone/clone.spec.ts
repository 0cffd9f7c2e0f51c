import { createHash } from 'node:crypto';
import { appendFileSync, existsSync, readdirSync, readFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import type { LocalNode, StatSig } from '@tideline/sync-core';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { createDisk, type LocalDisk } from '../disk/local-disk.ts';
import { createScanWorld, type ScanWorld } from '../scan/scan-world.fixture.ts';
import { RACY_CTIME } from '../stat/sig.ts';
import { dropClones, hashClone } from './clone-file.ts';

const BUFFER = new Uint8Array(1024 * 1024);
let world: ScanWorld;
let clones: string;
let disk: LocalDisk;

beforeEach(() => {
  world = createScanWorld();
  clones = join(dirname(world.journal.path), 'clones');
  disk = createDisk({ root: world.root, clones });
});
afterEach(async () => {
  await disk.close();
  await world.close();
});

const sha256 = (text: string) => createHash('sha256').update(text).digest('hex');
const clone = (path: string) => hashClone(world.path(path), { folder: clones, path, volume: 'v', buffer: BUFFER });

async function textOf(path: string, expected: StatSig): Promise<string> {
  const read = await disk.read(path, expected);
  if (read.t !== 'done') throw new Error(read.t);
  return new TextDecoder().decode(read.bytes);
}

describe('a clone of a file that never rests', () => {
  it('[R13] keeps the content of one moment to be read, whatever is written afterwards', async () => {
    world.write('log', 'one\n');
    const cloned = clone('log');
    if (cloned.t === 'busy') throw new Error('there is room');
    appendFileSync(world.path('log'), 'two\n');
    expect(cloned.content).toEqual({ contentId: sha256('one\n'), size: 4 });
    expect(await textOf('log', cloned.sig)).toBe('one\n');
  });

  it('[R13] never stands below the root, and goes with the next full scan', async () => {
    world.write('log', 'one\n');
    clone('log');
    expect(readdirSync(world.root)).toEqual(['log']);
    expect(readdirSync(clones)).toHaveLength(1);
    await world.scan();
    expect(existsSync(clones)).toBe(false);
  });

  it('[R13] is looked at again: its signature equals nothing that the disk says', () => {
    world.write('log', 'one\n');
    expect(clone('log')).toMatchObject({ sig: { ctimeNs: RACY_CTIME } });
  });

  it('answers that the file has changed when it is gone', async () => {
    world.write('log', 'one\n');
    const cloned = clone('log');
    if (cloned.t === 'busy') throw new Error('there is room');
    dropClones(clones);
    appendFileSync(world.path('log'), 'two\n');
    expect(await disk.read('log', cloned.sig)).toEqual({ t: 'changed' });
  });
});

describe('a scan that meets a file which changes while it is read', () => {
  const busySince = (sinceMs: number, retryAtMs: number): void =>
    world.journal.setProblem('log', { code: 'BUSY', params: {}, retryAtMs, source: 'scan' }, sinceMs);
  const logNode = (): LocalNode | undefined => {
    const seen = [...world.journal.localOverlay().values()].find((one) => one.t === 'present');
    return seen?.t === 'present' ? seen.node : undefined;
  };

  it('[R13] does not even read it before its time, unless it looks at everything', async () => {
    world.write('log', 'one\n');
    await world.sync();
    appendFileSync(world.path('log'), 'two\n');
    busySince(Date.now(), Date.now() + 60_000);
    await world.scan(['']);
    expect(world.differences()).toEqual({ log: 'unknown busy' });
    await world.scan();
    expect(world.differences()).toEqual({ log: 'edited' });
    expect(logNode()?.content?.contentId).toBe(sha256(readFileSync(world.path('log'), 'utf8')));
  });
});
