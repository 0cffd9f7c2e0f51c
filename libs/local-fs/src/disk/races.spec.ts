import { createHash } from 'node:crypto';
import {
  appendFileSync,
  closeSync,
  existsSync,
  linkSync,
  mkdirSync,
  openSync,
  readFileSync,
  renameSync,
  truncateSync,
  unlinkSync,
  utimesSync,
  writeFileSync,
  writeSync,
} from 'node:fs';
import { join } from 'node:path';
import type { FileVersion } from '@tideline/sync-core';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { createDiskContext } from './disk-context.ts';
import type { DiskWork } from './disk-protocol.ts';
import { createDiskWork } from './disk-work.ts';
import { createDiskWorld, request, type DiskWorld } from './disk-world.fixture.ts';
import { beforeCall, beforeFirstCall, releaseCalls } from './fs-hook.fixture.ts';
import { GRACE_MS } from './settle-displaced.ts';

const CHANGED = { t: 'changed' };
let world: DiskWorld;
let work: DiskWork;

beforeEach(() => {
  world = createDiskWorld();
  work = createDiskWork(createDiskContext({ root: world.root, homeTrash: world.trash }));
});
afterEach(() => {
  releaseCalls();
  return world.close();
});

const placeOne = (...args: Parameters<typeof request>) => work.place([request(...args)])[0];
const late = () => Date.now() + GRACE_MS + 1000;
const noLinks = () =>
  beforeCall('linkSync', () => {
    throw Object.assign(new Error('no links here'), { code: 'EPERM' });
  });

describe('somebody saves while a file is put in place', () => {
  it('[R07] vouches for no file that was renamed over the one just placed', () => {
    const replaces = world.write('f', 'old');
    beforeFirstCall('unlinkSync', () => {
      writeFileSync(world.path('f~'), 'saved by a person');
      renameSync(world.path('f~'), world.path('f'));
    });
    expect(placeOne('f', 'of the cloud', { replaces })).toEqual(CHANGED);
    expect(world.tree()).toEqual({ f: 'saved by a person' });
    expect(world.staged().map((name) => world.text(name))).toEqual(['old']);
  });

  it('[R07] vouches for no file that was written to as soon as it stood there', () => {
    beforeFirstCall('unlinkSync', () => appendFileSync(world.path('f'), ' and more'));
    expect(placeOne('f', 'of the cloud')).toEqual(CHANGED);
    expect(world.tree()).toEqual({ f: 'of the cloud and more' });
  });

  it('[R07] vouches for no file that was deleted at once', () => {
    beforeFirstCall('unlinkSync', () => unlinkSync(world.path('f')));
    expect(placeOne('f', 'of the cloud')).toEqual(CHANGED);
    expect(world.tree()).toEqual({});
  });
});

describe('somebody takes the place of what is hidden', () => {
  it('[SA-1] brings a moved file into sight when both its places are taken, and tells where it is', () => {
    const sig = world.write('d/f', 'edited, not uploaded');
    let number = 0;
    beforeCall('linkSync', (_from, to) => {
      number += 1;
      if (number <= 2) writeFileSync(to, `somebody ${number}`);
    });
    expect(work.move('d/f', 'g', { expect: sig })).toEqual(CHANGED);
    expect(world.tree()).toEqual({ g: 'somebody 1', 'd/f': 'somebody 2', 'd/f (rescued)': 'edited, not uploaded' });
    expect(world.staged()).toEqual([]);
    expect(work.settleDisplaced(Date.now())).toEqual([{ rescuedTo: 'd/f (rescued)' }]);
    expect(work.settleDisplaced(Date.now())).toEqual([]);
  });

  it('[K09] brings a staged file into sight when its new and its old place are taken', async () => {
    const sig = world.write('a', 'A');
    await world.disk.moveToStaging('staged-1', 'a', sig);
    world.write('a', 'somebody');
    world.write('b', 'somebody else');
    expect(await world.disk.unstage('staged-1', 'b')).toEqual(CHANGED);
    expect(world.tree()).toEqual({ a: 'somebody', b: 'somebody else', 'a (rescued)': 'A' });
    expect(await world.disk.settleDisplaced(Date.now())).toEqual([{ rescuedTo: 'a (rescued)' }]);
  });

  it('[K09] puts a staged file back when the folder it was to go to is gone', async () => {
    const sig = world.write('a', 'A');
    await world.disk.moveToStaging('staged-1', 'a', sig);
    expect(await world.disk.unstage('staged-1', 'gone/b')).toEqual(CHANGED);
    expect(world.tree()).toEqual({ a: 'A' });
  });

  it('[K09] shows between two cycles what an earlier one left hidden', async () => {
    mkdirSync(world.path('d'));
    await world.disk.moveToStaging('staged-1', 'd', world.sig('d'));
    const sig = world.write('a', 'A');
    await world.disk.moveToStaging('staged-2', 'a', sig);
    const told = await world.disk.settleDisplaced(Date.now());
    expect(told.map(({ rescuedTo }) => rescuedTo).sort()).toEqual(['a', 'd']);
    expect(world.tree()).toEqual({ a: 'A' });
    expect(world.staged()).toEqual([]);
  });
});

describe('recovery', () => {
  it('[SA-1] brings a hidden file back that got a second name elsewhere, as snapshots by hard links make', () => {
    const sig = world.write('f', 'edited, not uploaded');
    work.moveToStaging('staged-1', 'f', sig);
    linkSync(world.path('.tideline~sync/cycle/staged-1'), join(world.root, '../snapshot'));
    expect(work.recover(new Set(['op']))).toEqual(['f']);
    expect(world.tree()).toEqual({ f: 'edited, not uploaded' });
    expect(world.staged()).toEqual([]);
  });

  it('[K01] ends a move that was killed between the new name and the end of the old one', () => {
    const sig = world.write('f', 'F');
    work.moveToStaging('staged-1', 'f', sig);
    linkSync(world.path('.tideline~sync/cycle/staged-1'), world.path('f'));
    expect(work.recover(new Set())).toEqual(['f']);
    expect(world.tree()).toEqual({ f: 'F' });
    expect(world.staged()).toEqual([]);
  });

  it('[K07] puts the old file back over the empty one that had reserved its name', () => {
    const replaces = world.write('f', 'old');
    placeOne('f', 'new', { opId: 'op1', replaces });
    writeFileSync(world.path('f'), '');
    expect(work.recover(new Set(['op1']))).toEqual(['f']);
    expect(world.tree()).toEqual({ f: 'old' });
  });

  it('makes nothing where nothing is', () => {
    expect(work.recover(new Set())).toEqual([]);
    expect(work.settleDisplaced(Date.now())).toEqual([]);
    expect(world.staged()).toEqual([]);
  });
});

describe('displaced files', () => {
  it('[R08] [SA-1] rescues one that was written to although its size and time are as before', () => {
    world.write('f', 'old text');
    utimesSync(world.path('f'), 1_600_000_000, 1_600_000_000);
    const fd = openSync(world.path('f'), 'r+');
    placeOne('f', 'of the cloud', { opId: 'op1', replaces: world.sig('f') });
    writeSync(fd, 'NEW TEXT', 0);
    closeSync(fd);
    utimesSync(world.path('.tideline~sync/old/op1'), 1_600_000_000, 1_600_000_000);
    expect(work.settleDisplaced(late())).toEqual([{ rescuedTo: 'f (late change)' }]);
    expect(world.tree()).toEqual({ f: 'of the cloud', 'f (late change)': 'NEW TEXT' });
  });

  describe('of which nothing but the bytes tells that somebody wrote to them', () => {
    const VERSION = { nodeId: 'n', contentId: createHash('sha256').update('old text').digest('hex') };
    /** As through a mapping, or within one step of the clock: what was noted is what the file looks like. */
    const writeUnseen = (text: string): void => {
      const aside = '.tideline~sync/old/op1';
      const { mtimeNs } = world.sig(aside);
      writeFileSync(world.path(aside), text);
      const seconds = Number(mtimeNs) / 1e9;
      utimesSync(world.path(aside), seconds, seconds);
      const now = world.sig(aside);
      appendFileSync(
        world.path(`${aside}.json`),
        `${JSON.stringify({ mtimeNs: `${now.mtimeNs}`, ctimeNs: `${now.ctimeNs}` })}\n`,
      );
    };
    const displace = (text: string, size = text.length) => {
      world.write('f', text);
      truncateSync(world.path('f'), size);
      placeOne('f', 'of the cloud', { opId: 'op1', replaces: world.sig('f'), replaced: VERSION });
    };

    it('[R08] [SA-1] [SY-45] rescues one with other bytes than the drive was told', () => {
      displace('old text');
      writeUnseen('NEW TEXT');
      expect(work.settleDisplaced(late())).toEqual([{ rescuedTo: 'f (late change)' }]);
      expect(world.tree()).toEqual({ f: 'of the cloud', 'f (late change)': 'NEW TEXT' });
    });

    it('[R08] [SY-45] lets one go that has the bytes that the drive was told', () => {
      displace('old text');
      writeUnseen('old text');
      expect(work.settleDisplaced(late())).toEqual([]);
      expect(world.tree()).toEqual({ f: 'of the cloud' });
      expect(world.staged()).toEqual([]);
    });

    it('[SA-2] [SY-45] reads no large one that had long come to rest when it was displaced', () => {
      const size = 2 * 1024 * 1024;
      const nowMs = (): number => Date.now() + 60_000;
      work = createDiskWork(createDiskContext({ root: world.root, homeTrash: world.trash, nowMs }));
      displace('old text', size);
      const read: string[] = [];
      beforeCall('openSync', (path) => read.push(path));
      expect(work.settleDisplaced(late() + 60_000)).toEqual([]);
      expect(read.filter((path) => path.endsWith('/op1'))).toEqual([]);
      expect(world.staged()).toEqual([]);
    });

    it('[SA-1] [SY-45] keeps one that cannot be read, and asks it again', () => {
      displace('old text');
      writeUnseen('NEW TEXT');
      beforeCall('openSync', (path) => {
        if (path.endsWith('/op1')) throw Object.assign(new Error('held'), { code: 'EIO' });
      });
      expect(work.settleDisplaced(late())).toEqual([]);
      releaseCalls();
      expect(work.settleDisplaced(late())).toEqual([{ rescuedTo: 'f (late change)' }]);
    });
  });

  it('[FI-4] [SY-46] come back into sight but for those that a restored drive still has', () => {
    const [kept, lost] = ['a', 'b'].map((nodeId) => {
      const contentId = createHash('sha256').update(`old ${nodeId}`).digest('hex');
      return { nodeId, contentId };
    }) as [FileVersion, FileVersion];
    for (const replaced of [kept, lost]) {
      const name = replaced.nodeId;
      world.write(name, `old ${name}`);
      placeOne(name, 'of the cloud', { opId: `op-${name}`, replaces: world.sig(name), replaced });
    }
    expect(work.displaced()).toEqual([kept, lost]);
    expect(work.surfaceDisplaced([kept])).toEqual(['b (rescued)']);
    expect(world.tree()).toEqual({ a: 'of the cloud', b: 'of the cloud', 'b (rescued)': 'old b' });
    expect(work.settleDisplaced(late(), [])).toEqual([]);
    expect(work.displaced()).toEqual([kept]);
    expect(work.settleDisplaced(late(), [kept])).toEqual([]);
    expect(work.displaced()).toEqual([]);
  });

  it('[R08] lets one go that has its old place again, as a kill left it', () => {
    const replaces = world.write('f', 'old');
    placeOne('f', 'new', { opId: 'op1', replaces });
    unlinkSync(world.path('f'));
    linkSync(world.path('.tideline~sync/old/op1'), world.path('f'));
    expect(work.settleDisplaced(late())).toEqual([]);
    expect(world.tree()).toEqual({ f: 'old' });
    expect(world.staged()).toEqual([]);
  });

  it('[SA-1] rescues one whose note says nothing, and at once one that has none', () => {
    const replaces = world.write('f', 'old');
    placeOne('f', 'new', { opId: 'op1', replaces });
    writeFileSync(world.path('.tideline~sync/old/op1.json'), '');
    writeFileSync(world.path('.tideline~sync/old/unknown'), 'whose?');
    expect(work.settleDisplaced(Date.now())).toEqual([{ rescuedTo: 'unknown (rescued)' }]);
    expect(work.settleDisplaced(late())).toEqual([{ rescuedTo: 'op1 (rescued)' }]);
    expect(world.tree()).toEqual({ f: 'new', 'op1 (rescued)': 'old', 'unknown (rescued)': 'whose?' });
  });
});

describe('a trash on another volume', () => {
  it('[SA-1] [BI-3] holds the copy for good before the file goes', () => {
    const sig = world.write('f', 'F');
    const order: string[] = [];
    beforeCall('renameSync', (_from, to) => {
      if (to.startsWith(world.trash)) throw Object.assign(new Error('another volume'), { code: 'EXDEV' });
    });
    beforeCall('fsyncSync', () => order.push('sync'));
    beforeCall('unlinkSync', (path) => order.push(path.endsWith('.json') ? 'note' : 'unlink'));
    expect(work.trashFile('op', 'f', sig)).toEqual({ t: 'done' });
    expect(order.slice(0, 3)).toEqual(['sync', 'sync', 'unlink']);
    expect(readFileSync(join(world.trash, 'files/f'), 'utf8')).toBe('F');
    expect(world.tree()).toEqual({});
  });
});

describe('a file system without hard links', () => {
  it('[B02] [B04] puts files in place and replaces them, and tells the signature they have', () => {
    noLinks();
    expect(placeOne('f', 'one')).toEqual({ t: 'done', sig: world.sig('f') });
    expect(placeOne('f', 'two', { replaces: world.sig('f') })).toEqual({ t: 'done', sig: world.sig('f') });
    expect(world.tree()).toEqual({ f: 'two' });
  });

  it('[R06] overwrites nothing, not even what took the name at the last moment', () => {
    noLinks();
    world.write('f', 'mine');
    expect(placeOne('f', 'theirs')).toEqual(CHANGED);
    expect(world.tree()).toEqual({ f: 'mine' });
  });

  it('[R06] [SA-1] keeps what somebody saves into the reserved name at the last moment, beside the file', () => {
    noLinks();
    beforeFirstCall('renameSync', () => writeFileSync(world.path('f.txt'), 'saved by a person'));
    expect(placeOne('f.txt', 'of the cloud')).toMatchObject({ t: 'done' });
    expect(world.tree()).toEqual({ 'f.txt': 'of the cloud', 'f (late change).txt': 'saved by a person' });
  });

  describe('on a full disk, when somebody saves into the reserved name at the last moment', () => {
    const LATE = 'saved by a person'.repeat(10_000);
    /** Room for so many bytes more; what is cut off gives room. */
    const roomFor = (bytes: number): void => {
      let room = bytes;
      beforeFirstCall('renameSync', () => writeFileSync(world.path('f.txt'), LATE));
      beforeCall('ftruncateSync', (_fd, size) => (room += LATE.length - Number(size)));
      beforeCall('writeSync', (...call) => {
        const count = Number(call[3]);
        // The staged file is written before.
        if (!existsSync(world.path('f (late change).txt'))) return;
        if (count > room) throw Object.assign(new Error('no room'), { code: 'ENOSPC' });
        room -= count;
      });
    };

    it.each([0, 100_000])(
      '[R06] [SA-1] [SY-43] keeps that in the room that it takes up (%s bytes are free)',
      (bytes) => {
        noLinks();
        roomFor(bytes);
        expect(placeOne('f.txt', 'of the cloud')).toMatchObject({ t: 'done' });
        expect(world.tree()).toEqual({ 'f.txt': 'of the cloud', 'f (late change).txt': LATE });
      },
    );
  });

  it('[R06] leaves no reserved name behind when the disk refuses', () => {
    noLinks();
    beforeCall('renameSync', () => {
      throw Object.assign(new Error('no room'), { code: 'ENOSPC' });
    });
    expect(placeOne('f', 'theirs')).toEqual({ t: 'refused', code: 'ENOSPC' });
    expect(world.tree()).toEqual({});
  });
});
