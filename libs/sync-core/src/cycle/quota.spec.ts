import { AppError } from '@tideline/contracts';
import { beforeEach, describe, expect, it } from 'vitest';
import type { MemoryCloud } from '../testing/memory-cloud.ts';
import type { TestDevice } from '../testing/test-device.ts';
import { CycleWorld } from './cycle-world.fixture.ts';

const KIB = 1024;
const MIB = KIB * KIB;
const MINUTE_MS = 60_000;

let world: CycleWorld;
let cloud: MemoryCloud;
let device: TestDevice;

beforeEach(() => {
  world = new CycleWorld();
  ({ cloud } = world);
  device = world.device(1);
});

const write = (path: string, kib: number): void => device.disk.write(path, path.padEnd(kib * KIB, '.'));
const inCloud = (): string[] => [...cloud.tree().keys()].sort();
const problems = (): string[] =>
  device.journal
    .problems()
    .map(({ path, code }) => `${path} ${code}`)
    .sort();

/** One cycle whose connection is lost when bytes are sent. */
async function interruptedCycle(): Promise<void> {
  const { putPack, commit } = cloud;
  cloud.putPack = cloud.commit = async () => {
    throw new AppError('SERVER_UNREACHABLE', { server: 'memory' });
  };
  expect((await device.cycle()).stop).toMatchObject({ why: 'offline' });
  Object.assign(cloud, { putPack, commit });
}

/** No chunk of it is like another one. */
function unlike(seed: number, kib: number): string {
  const lines = Array.from({ length: kib * 64 }, (_, at) => String(seed * 1e9 + at).padEnd(16, '.'));
  return lines.join('');
}

/** Counts the bytes that travel with commits. */
function watchCommits(): { bytes: number } {
  const sent = { bytes: 0 };
  const commit = cloud.commit.bind(cloud);
  cloud.commit = (request) => {
    for (const { bytes } of request.inline) sent.bytes += bytes.length;
    return commit(request);
  };
  return sent;
}

describe('[VE-3] a space that is too small', () => {
  it('[G12] takes what fits: each larger file is refused once, before any byte of it travels', async () => {
    cloud.quotaBytes = 1000 * KIB;
    let asked = 0;
    const missing = cloud.missing.bind(cloud);
    cloud.missing = (...args) => {
      asked += 1;
      return missing(...args);
    };
    const sent = watchCommits();
    const sizes = [500, 1200, 1200, 1500, 900, 199];
    for (const [at, kib] of sizes.entries()) write(`f${at}`, kib);
    const report = await device.cycle();
    expect(inCloud()).toEqual(['f0', 'f5']);
    expect(problems()).toEqual(['f1 QUOTA', 'f2 QUOTA', 'f3 QUOTA', 'f4 QUOTA']);
    expect(report).toMatchObject({ stop: null, blocked: 'quota', failed: 4, pending: 0 });
    expect(sent.bytes).toBe((500 + 199) * KIB);
    expect(asked).toBeLessThanOrEqual(sizes.length);
  });

  it('[G27] does not keep deletes, moves, new folders, downloads and smaller files from going on', async () => {
    for (const path of ['gone', 'moved']) write(path, 1);
    await device.settle();
    world.put('new there', 'from there');
    cloud.quotaBytes = 100 * KIB;
    write('large', 400);
    write('small', 200);
    write('tiny', 2);
    device.disk.remove('gone');
    device.disk.rename('moved', 'moved away');
    device.disk.mkdir('folder');
    await device.cycle();
    world.clock.advance(3000); // deletes settle
    await device.cycle();
    expect(inCloud()).toEqual(['folder', 'moved away', 'new there', 'tiny']);
    expect(device.disk.tree().has('new there')).toBe(true);
    expect(problems()).toEqual(['large QUOTA', 'small QUOTA']);
  });

  it('[TA-8] keeps the task blocked while anything waits for room, and lets it go on soon after there is some', async () => {
    cloud.quotaBytes = 100 * KIB;
    write('large', 400);
    expect((await device.cycle()).blocked).toBe('quota');
    for (let minute = 0; minute < 60; minute++) {
      world.clock.advance(MINUTE_MS);
      expect((await device.cycle()).blocked).toBe('quota');
    }
    cloud.quotaBytes = 1000 * KIB;
    for (let minute = 0; minute < 5; minute++) {
      world.clock.advance(MINUTE_MS);
      await device.cycle();
    }
    expect(inCloud()).toEqual(['large']);
    expect(await device.cycle()).toMatchObject({ blocked: null, failed: 0 });
  });

  it('[VE-3] is tried at once when the drive says that it has room, and waits again when that was not enough', async () => {
    cloud.quotaBytes = 100 * KIB;
    write('large', 400);
    write('larger', 700);
    for (let minute = 0; minute < 10; minute++) {
      await device.cycle();
      world.clock.advance(MINUTE_MS);
    }
    cloud.quotaBytes = 600 * KIB;
    await device.cycle({ roomFreed: true });
    expect([inCloud(), problems()]).toEqual([['large'], ['larger QUOTA']]);
    cloud.quotaBytes = 2000 * KIB;
    await device.cycle();
    expect(inCloud()).toEqual(['large']); // nobody said so
    await device.cycle({ roomFreed: true });
    expect(await device.cycle()).toMatchObject({ blocked: null, failed: 0 });
    expect(inCloud()).toEqual(['large', 'larger']);
  });

  it('does not have small files sent again and again that are as large as one that was refused', async () => {
    cloud.quotaBytes = 0;
    const sent = watchCommits();
    for (let at = 0; at < 100; at++) write(`f${at}`, 200);
    await device.cycle();
    expect(problems()).toHaveLength(100);
    expect(sent.bytes).toBeLessThanOrEqual(2 * 4 * MIB); // two requests are under way at once
  });
});

describe('[VE-3] room that is kept for an upload', () => {
  it.each([
    ['of one chunk', 2200, 1900],
    ['of several chunks', 22_000, 19_000],
  ])('%s is kept once over plans, other names and edits, and used up by the commit', async (_, kib, lessKib) => {
    cloud.quotaBytes = 1.1 * kib * KIB;
    write('large', kib);
    await interruptedCycle();
    expect(cloud.reservedBytes()).toBe(kib * KIB);
    device.disk.rename('large', 'other name');
    await interruptedCycle();
    expect(cloud.reservedBytes()).toBe(kib * KIB);
    device.disk.write('other name', 'shorter'.padEnd(lessKib * KIB, '.'));
    await interruptedCycle();
    expect(cloud.reservedBytes()).toBe(lessKib * KIB);
    await device.settle();
    expect(inCloud()).toEqual(['other name']);
    expect(cloud.reservedBytes()).toBe(0);
  });

  it('waits as a problem of its file when other bytes were sent of it before and both do not fit, and does not storm', async () => {
    cloud.quotaBytes = 13_000 * KIB;
    device.disk.write('large', unlike(1, 12_000));
    const putPack = cloud.putPack.bind(cloud);
    let packs = 0;
    cloud.putPack = async (...args) => {
      packs += 1;
      if (packs === 2) throw new AppError('SERVER_UNREACHABLE', { server: 'memory' });
      return putPack(...args);
    };
    expect((await device.cycle()).stop).toMatchObject({ why: 'offline' });
    device.disk.write('large', unlike(2, 12_000));
    const before = packs;
    for (let minute = 0; minute < 20; minute++) {
      expect(await device.cycle()).toMatchObject({ stop: null, blocked: 'quota' });
      world.clock.advance(MINUTE_MS);
    }
    expect(problems()).toEqual(['large QUOTA']);
    expect(packs - before).toBeLessThanOrEqual(10);
    cloud.anHourLater();
    for (let minute = 0; minute < 6; minute++) {
      await device.cycle();
      world.clock.advance(MINUTE_MS);
    }
    expect(inCloud()).toEqual(['large']);
    expect(await device.cycle()).toMatchObject({ blocked: null, failed: 0 });
  });

  it('is not had by another device meanwhile', async () => {
    const other = world.device(2);
    cloud.quotaBytes = 2500 * KIB;
    write('large', 2200);
    await interruptedCycle();
    other.disk.write('something else', 'so that no file has the id of the first'); // the cloud in memory knows no devices
    other.disk.write('from there', 'x'.padEnd(400 * KIB, '.'));
    expect((await other.cycle()).blocked).toBe('quota');
    await device.cycle();
    expect(inCloud()).toEqual(['large', 'something else']);
  });
});
