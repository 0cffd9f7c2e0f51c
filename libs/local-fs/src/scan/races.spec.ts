import { lstatSync, mkdirSync, renameSync, symlinkSync, unlinkSync, utimesSync, writeFileSync } from 'node:fs';
import { ROOT_ID, type LocalKey, type LocalNode, type Observed } from '@tideline/sync-core';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { beforeCall, beforeFirstCall, releaseCalls } from '../disk/fs-hook.fixture.ts';
import { hashFile } from '../hash/hash-file.ts';
import { RACY_CTIME } from '../stat/sig.ts';
import { volumeNameOf } from '../volume/mounts.ts';
import { openKnownTree } from './known-tree.ts';
import { runScan } from './run-scan.ts';
import type { ScanSummary } from './scan-protocol.ts';
import { createScanWorld, type ScanWorld } from './scan-world.fixture.ts';
import type { ScanEnv } from './session.ts';

const BUFFER = new Uint8Array(1024 * 1024);
/** A moment long enough ago that nothing done now could share its times. */
const LONG_AGO_S = 1_600_000_000;

let world: ScanWorld;
let rootDev: bigint;
let volume: string;

beforeEach(() => {
  world = createScanWorld();
  rootDev = lstatSync(world.root, { bigint: true }).dev;
  volume = volumeNameOf(world.root, rootDev);
});
afterEach(() => {
  releaseCalls();
  return world.close();
});

const hash = (path: string) => hashFile(path, { volume, buffer: BUFFER });

type Scanned = { readonly summary: ScanSummary | undefined; readonly seen: Map<LocalKey, Observed<LocalNode>> };

/** A full scan in this thread, so that somebody can do something in the middle of it. */
function scanHere(change: Partial<ScanEnv> = {}): Scanned {
  const known = openKnownTree(world.journal.path);
  const seen: Scanned['seen'] = new Map();
  const env: ScanEnv = {
    root: world.root,
    rootDev,
    volume,
    known,
    nowMs: Date.now,
    isExcluded: () => false,
    hash,
    checkAbort: () => undefined,
    emit: (key, node) => seen.set(key, node),
    withdraw: (key) => seen.delete(key),
    ...change,
  };
  known.begin();
  try {
    return { summary: runScan(env, 'all'), seen };
  } finally {
    known.end();
    known.close();
  }
}

const only = <T>(values: Iterable<T>): T | undefined => [...values][0];

describe('signatures of young files', () => {
  it('[SA-1] marks a file that was written when it was opened, however long it took to read', () => {
    world.write('big', 'x');
    let openedMs = 0;
    const slowly = (path: string) => {
      writeFileSync(path, 'y');
      const hashed = hash(path);
      openedMs = Date.now();
      while (Date.now() - openedMs < 20);
      return hashed;
    };
    const seen = only(scanHere({ hash: slowly }).seen.values());
    expect(seen).toMatchObject({ t: 'present', node: { sig: { ctimeNs: RACY_CTIME } } });
  });
});

describe('moves', () => {
  const baseOf = (name: string) => world.journal.base.childByLocalName(ROOT_ID, name);

  /** An edit that keeps size and time, as container programs and `touch -r` leave it. */
  const editUnseen = (name: string): void => {
    writeFileSync(world.path(name), 'NEW TEXT');
    utimesSync(world.path(name), LONG_AGO_S, LONG_AGO_S);
  };

  beforeEach(async () => {
    world.write('f', 'old text');
    utimesSync(world.path('f'), LONG_AGO_S, LONG_AGO_S);
    await world.sync();
  });

  it('[B14] [SA-1] finds an edit that a rename hides, as soon as the move is in base', async () => {
    editUnseen('f');
    renameSync(world.path('f'), world.path('g'));
    await world.scan();
    expect(world.differences()).toEqual({ g: 'was f' });
    world.settle();
    await world.scan();
    expect(world.differences()).toEqual({ g: 'edited' });
  });

  it('[B14] [SA-1] finds it with the next scan also when the move does not come into base', async () => {
    editUnseen('f');
    renameSync(world.path('f'), world.path('g'));
    await world.scan();
    await world.scan();
    expect(world.differences()).toEqual({ g: 'was f, edited' });
  });

  it('[SA-1] reads a moved file at once when base does not vouch for it', async () => {
    const row = baseOf('f');
    if (!row?.sig) throw new Error('f is in base');
    world.journal.advance({ rows: [{ ...row, sig: { ...row.sig, ctimeNs: RACY_CTIME } }] });
    editUnseen('f');
    renameSync(world.path('f'), world.path('g'));
    await world.scan();
    expect(world.differences()).toEqual({ g: 'was f, edited' });
  });

  it('[M01] reads a file that was only renamed once, and then no more', async () => {
    renameSync(world.path('f'), world.path('g'));
    await world.sync();
    expect((await world.scan()).seen.size).toBe(0);
    expect(baseOf('g')?.sig?.ctimeNs).toBe(lstatSync(world.path('g'), { bigint: true }).ctimeNs);
  });
});

describe('a long scan', () => {
  it('[SY-28] says that a file is missing since the moment at which that was found', async () => {
    world.write('gone', 'x');
    await world.sync();
    unlinkSync(world.path('gone'));
    world.write('long', 'y');
    let nowMs = 1000;
    const { seen } = scanHere({
      nowMs: () => nowMs,
      hash: (path) => {
        nowMs += 60_000;
        return hash(path);
      },
    });
    const absent = [...seen.values()].filter((node) => node.t === 'absent');
    expect(absent).toEqual([{ t: 'absent', sinceMs: 61_000 }]);
  });

  const replaceRoot = (): void => {
    renameSync(world.root, `${world.root}.away`);
    mkdirSync(world.root);
  };

  it('[GU-3] [SA-4] tells nothing when another folder stands at the place of the root at its end', async () => {
    world.write('d/f', 'x');
    await world.sync();
    beforeFirstCall('readdirSync', replaceRoot);
    expect(scanHere().summary).toBeUndefined();
  });

  it('[GU-3] [SA-4] tells nothing when there is no root at its end', async () => {
    world.write('new', 'x');
    const away = (path: string) => {
      const hashed = hash(path);
      renameSync(world.root, `${world.root}.away`);
      return hashed;
    };
    expect(scanHere({ hash: away }).summary).toBeUndefined();
    renameSync(`${world.root}.away`, world.root);
    expect(scanHere().summary).toMatchObject({ full: true, files: 1 });
  });

  it('[GU-3] [SA-4] tells nothing about a folder that is not the root of the task', async () => {
    world.write('f', 'x');
    const root = await world.scanner.root();
    if (root.t !== 'ok') throw new Error('the root is there');
    world.journal.advance({ meta: { rootIdentity: root.identity } });
    await world.sync();
    replaceRoot();
    const result = await world.scan();
    expect(result).toMatchObject({ full: false, unreadable: [{ path: '', code: 'ROOT_MISSING' }] });
    expect(world.differences()).toEqual({});
  });

  it('[R11] [SA-4] reads nothing through a link that takes the place of a folder', async () => {
    world.write('d/f', 'x');
    world.write('../outside/secret', 'S');
    await world.sync();
    const swap = (path = ''): void => {
      if (!path.endsWith('/d')) return;
      renameSync(world.path('d'), world.path('../d'));
      symlinkSync(world.path('../outside'), world.path('d'));
      releaseCalls();
    };
    beforeCall('readdirSync', swap);
    const { seen, summary } = scanHere();
    expect([...seen.values()].map((node) => node.t)).toEqual(['unknown', 'unknown']);
    expect(summary?.unreadable).toEqual([{ path: 'd', code: 'BUSY' }]);
  });
});
