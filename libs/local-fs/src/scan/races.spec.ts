import { randomUUID } from 'node:crypto';
import {
  linkSync,
  lstatSync,
  mkdirSync,
  renameSync,
  rmSync,
  symlinkSync,
  truncateSync,
  unlinkSync,
  utimesSync,
  writeFileSync,
} from 'node:fs';
import { ROOT_ID, type LocalKey, type LocalNode, type Observed } from '@tideline/sync-core';
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import { beforeCall, beforeFirstCall, releaseCalls } from '../disk/fs-hook.fixture.ts';
import { hashFile, type HashResult } from '../hash/hash-file.ts';
import { asYoung, changedNs, RACY_CTIME, toFileMeta, toStatSig } from '../stat/sig.ts';
import { volumeNameOf } from '../volume/mounts.ts';
import { openKnownTree } from './known-tree.ts';
import { runScan } from './run-scan.ts';
import type { ScanSummary } from './scan-protocol.ts';
import { createScanWorld, type ScanWorld } from './scan-world.fixture.ts';
import type { ScanEnv } from './session.ts';
import { sigToTrust } from './trust.ts';

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

/** A scan in this thread, so that somebody can do something in the middle of it. */
function scanHere(change: Partial<ScanEnv> = {}, dirty: 'all' | readonly string[] = 'all'): Scanned {
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
    hashClone: () => ({ t: 'busy' }),
    checkAbort: () => undefined,
    emit: (key, node) => seen.set(key, node),
    withdraw: (key) => seen.delete(key),
    ...change,
  };
  known.begin();
  try {
    return { summary: runScan(env, dirty), seen };
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

describe('two edits within one step of the clock of the file system', () => {
  it('[B15] [SA-1] leave the second one to be found although the file looks as after the first', async () => {
    world.write('a', 'other');
    await world.sync();
    const row = baseOf('a');
    if (!row?.sig) throw new Error('a is in base');
    const stats = lstatSync(world.path('a'), { bigint: true });
    const openedMs = Number(stats.ctimeNs / 1_000_000n) + 5;
    const sig = sigToTrust(toStatSig(stats, volume), openedMs, undefined);
    // What was read then were the bytes of the first edit.
    world.journal.advance({ rows: [{ ...row, sig, contentId: 'of the first edit' }] });
    await world.scan();
    expect(world.differences()).toEqual({ a: 'edited' });
  });
});

describe('a file that another program holds', () => {
  const isHeld = (path: string): void => {
    if (path === world.path('a')) throw Object.assign(new Error('held'), { code: 'EBUSY' });
  };

  it('[R14] is busy and no more; the others go on, and it is found once it is let go', async () => {
    for (const name of ['a', 'b']) world.write(name, 'old');
    await world.sync();
    for (const name of ['a', 'b']) world.write(name, 'new bytes');
    beforeCall('openSync', isHeld);
    const { summary, seen } = scanHere();
    expect(summary?.unreadable).toEqual([{ path: 'a', code: 'BUSY' }]);
    const idOf = (name: string): number => baseOf(name)?.id ?? 0;
    expect(seen.get(idOf('a'))).toMatchObject({ t: 'unknown', why: 'busy' });
    expect(seen.get(idOf('b'))).toMatchObject({ t: 'present' });
    releaseCalls();
    expect(scanHere().seen.get(idOf('a'))).toMatchObject({ t: 'present' });
  });
});

describe('a file that changes whenever it is read', () => {
  const NEVER: Pick<ScanEnv, 'hash'> = { hash: () => ({ t: 'busy' }) };
  const minutesAgo = (minutes: number): number => Date.now() - minutes * 60_000;
  /** How often a clone was asked for when the file was busy for so long. */
  const clonesAfter = (minutes: number): number => {
    const problem = { code: 'BUSY', params: {}, retryAtMs: minutesAgo(minutes), source: 'scan' } as const;
    world.journal.setProblem('log', null, 0);
    world.journal.setProblem('log', problem, minutesAgo(minutes));
    let clones = 0;
    const hashClone = (path: string): HashResult => {
      clones += 1;
      return hash(world.path(path));
    };
    scanHere({ ...NEVER, hashClone });
    return clones;
  };

  it('[R13] is cloned once it has not rested for five minutes, and before that only waits', () => {
    world.write('log', 'one');
    expect(scanHere(NEVER).summary?.unreadable).toEqual([{ path: 'log', code: 'BUSY' }]);
    expect([clonesAfter(4), clonesAfter(6)]).toEqual([0, 1]);
  });
});

describe('a file that was written shortly before it was read', () => {
  const aMinuteLater = () => vi.setSystemTime(Date.now() + 60_000);
  const fold = ({ summary, seen }: Scanned): void => {
    if (!summary) throw new Error('the root is there');
    world.journal.foldScan({ ...summary, seen, listed: new Set(summary.listed) });
  };
  /** Content as if a program had written through a mapping since: the times are those of before. */
  const reading = (contentId: string, read: string[] = []): Pick<ScanEnv, 'hash'> => ({
    hash: (path) => {
      read.push(path);
      const hashed = hash(path);
      return hashed.t === 'busy' ? hashed : { ...hashed, content: { ...hashed.content, contentId } };
    },
  });
  /** Until no signature is so young that the very next scan reads the file. */
  const rest = async (): Promise<void> => {
    do await world.scan();
    while ([...world.journal.localOverlay().values()].some((seen) => seen.t === 'present' && isRacy(seen.node)));
  };
  const isRacy = ({ sig }: LocalNode): boolean => sig.ctimeNs === RACY_CTIME;

  beforeEach(() => vi.useFakeTimers({ toFake: ['Date'] }));
  afterEach(() => vi.useRealTimers());

  it('[SA-1] is read once more when no mapping can hide a write any more', async () => {
    world.write('f', 'text');
    await world.sync();
    const read: string[] = [];
    fold(scanHere(reading('of the mapping', read)));
    expect(read).toEqual([]);
    aMinuteLater();
    fold(scanHere(reading('of the mapping', read)));
    expect(read).toEqual([world.path('f')]);
    expect(world.differences()).toEqual({ f: 'edited' });
    for (const dirty of ['all', ['']] as const) {
      await world.scan(dirty);
      expect(world.differences()).toEqual({ f: 'edited' });
    }
  });

  // The upload waits for room: a disk that keeps its times through a rename and back leaves the file with the signature of base.
  it.each(['all', ['']] as const)(
    '[SA-1] is what it was found to be under the signature of base, too (%s)',
    async (dirty) => {
      world.write('f', 'text');
      await world.sync();
      const row = baseOf('f');
      if (!row?.sig) throw new Error('f is in base');
      const sig = { ...row.sig, ctimeNs: changedNs(row.sig) };
      const content = { contentId: 'of the mapping', size: row.size ?? 0 };
      const node: LocalNode = { parent: ROOT_ID, name: 'f', kind: 'file', sig, content, meta: row.meta };
      const local = [{ key: row.id, seen: { t: 'present', node, sinceMs: 1 } as const }];
      world.journal.advance({ rows: [{ ...row, sig }], local });
      await world.scan(dirty);
      expect(world.differences()).toEqual({ f: 'edited' });
    },
  );

  it('[SA-1] is read once more also while it waits to be uploaded', async () => {
    world.write('f', 'text');
    await rest();
    aMinuteLater();
    fold(scanHere(reading('of the mapping')));
    const seen = only(world.journal.localOverlay().values());
    expect(seen).toMatchObject({ node: { content: { contentId: 'of the mapping' } } });
  });

  it('[SA-1] [SY-42] is read once more by a scan of its folder, too', async () => {
    world.write('d/f', 'text');
    await world.sync();
    aMinuteLater();
    fold(scanHere(reading('of the mapping'), ['d']));
    expect(world.differences()).toEqual({ 'd/f': 'edited' });
  });

  it('[SA-2] [SY-42] is not waited for by what has just happened beside it, where there are many', async () => {
    for (let file = 0; file < 300; file += 1) world.write(`d/${file}`, `${file}`);
    await world.sync();
    aMinuteLater();
    const read: string[] = [];
    const asInBase = (path: string): HashResult => {
      read.push(path);
      return hash(path);
    };
    fold(scanHere({ hash: asInBase }, ['d']));
    expect(read).toHaveLength(256);
    fold(scanHere({ hash: asInBase }, ['d']));
    expect(new Set(read).size).toBe(300);
    expect(read).toHaveLength(300);
  });

  it('[SA-1] [D12] [SY-42] is read once more, and then no more, when its times are of a day that is still to come', async () => {
    world.write('f', 'text');
    vi.setSystemTime(Date.now() - 86_400_000);
    fold(scanHere());
    world.settle();
    const read: string[] = [];
    fold(scanHere(reading('of the mapping', read)));
    expect(world.differences()).toEqual({ f: 'edited' });
    for (let scan = 0; scan < 3; scan += 1) fold(scanHere(reading('of the mapping', read)));
    expect(read).toEqual([world.path('f')]);
  });

  it('[SA-5] [D12] is read once more at once when the clock was put back meanwhile', async () => {
    world.write('f', 'text');
    await world.sync();
    vi.setSystemTime(Date.now() - 86_400_000);
    fold(scanHere(reading('what a power failure left')));
    expect(world.differences()).toEqual({ f: 'edited' });
  });

  it('[SA-2] is read once more only, when it is as it was', async () => {
    world.write('f', 'text');
    await world.sync();
    aMinuteLater();
    const contentId = baseOf('f')?.contentId ?? '';
    const read: string[] = [];
    for (let scan = 0; scan < 3; scan += 1) fold(scanHere(reading(contentId, read)));
    expect(read).toEqual([world.path('f')]);
    expect(world.differences()).toEqual({});
    expect(baseOf('f')?.sig?.ctimeNs).toBe(lstatSync(world.path('f'), { bigint: true }).ctimeNs);
  });

  it('[SA-2] waits for the next scan when there is much to read', async () => {
    for (const name of ['a', 'b']) world.write(name, name);
    await world.sync();
    for (const name of ['a', 'b']) {
      truncateSync(world.path(name), 2 * 1024 ** 3);
      const row = baseOf(name);
      const stats = lstatSync(world.path(name), { bigint: true });
      if (row)
        world.journal.advance({ rows: [{ ...row, meta: toFileMeta(stats), sig: asYoung(toStatSig(stats, volume)) }] });
    }
    aMinuteLater();
    const read: string[] = [];
    const asInBase = (path: string): HashResult => {
      read.push(path);
      const name = path.slice(-1);
      const row = baseOf(name);
      if (!row?.sig || row.contentId === null) throw new Error(`${name} is in base`);
      const content = { contentId: row.contentId, size: row.size ?? 0 };
      const stats = lstatSync(path, { bigint: true });
      return { t: 'hashed', sig: toStatSig(stats, volume), meta: toFileMeta(stats), content };
    };
    fold(scanHere({ hash: asInBase }));
    expect(read).toHaveLength(1);
    fold(scanHere({ hash: asInBase }));
    fold(scanHere({ hash: asInBase }));
    expect(new Set(read).size).toBe(2);
    expect(read).toHaveLength(2);
  });
});

const baseOf = (name: string) => world.journal.base.childByLocalName(ROOT_ID, name);

describe('moves', () => {
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
    const sig = baseOf('g')?.sig;
    expect(sig && changedNs(sig)).toBe(lstatSync(world.path('g'), { bigint: true }).ctimeNs);
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

  // Whole fleet seed 7108.
  it('[SA-4] takes nothing from a folder that took the name of the one that was read, and holds it', async () => {
    world.write('b/c/x', 'x');
    world.write('b/y', 'y');
    await world.sync();
    beforeCall('lstatSync', (path = '') => {
      if (path !== world.path('b/c')) return;
      releaseCalls();
      renameSync(world.path('b'), world.path('../kept'));
      mkdirSync(world.path('b'));
      renameSync(world.path('../kept'), world.path('b/c'));
    });
    const { seen, summary } = scanHere();
    expect([...seen.values()].map((node) => node.t)).toEqual(['unknown', 'unknown', 'unknown', 'unknown']);
    expect(summary?.unreadable).toEqual([{ path: 'b', code: 'BUSY' }]);
    await world.scan();
    expect(world.differences()).toEqual({
      'b/c/c': 'new folder',
      'b/c/c/x': 'was b/c/x',
      'b/c/y': 'was b/y',
    });
  });

  it('[SA-4] tells what it saw of a folder of thousands, and that the rest is unknown, when it goes while it is read', async () => {
    for (let file = 0; file < 1500; file++) world.write(`d/${file}`, 'x');
    await world.sync();
    const looked: string[] = [];
    beforeCall('lstatSync', (path = '') => {
      if (!path.startsWith(`${world.path('d')}/`) || looked.push(path) < 1200) return;
      releaseCalls();
      renameSync(world.path('d'), world.path('../d'));
    });
    const { seen } = scanHere();
    expect(Object.entries(Object.groupBy(seen.values(), (node) => node.t)).map(([t, all]) => [t, all.length])).toEqual([
      ['unknown', 1501],
    ]);
  });
});

describe('an entry that cannot be looked at', () => {
  const refuse = (name: string, first: () => void = () => undefined): void => {
    beforeCall('lstatSync', (path = '') => {
      if (path !== world.path(name)) return;
      first();
      throw Object.assign(new Error('refused'), { code: 'EACCES' });
    });
  };
  const idOf = (name: string): LocalKey => baseOf(name)?.id ?? 0;

  // Whole fleet seed 12. A disk that does not tell cases apart lists `A` and also answers to `a`; here a link made after the
  // folder was listed does.
  it('[SA-4] [M19] does not make absent what was renamed in case alone', async () => {
    world.write('a', 'A');
    await world.sync();
    renameSync(world.path('a'), world.path('A'));
    refuse('A', () => linkSync(world.path('A'), world.path('a')));
    const { seen, summary } = scanHere();
    expect(summary?.unreadable).toEqual([{ path: 'A', code: 'UNREADABLE' }]);
    expect(new Map([...seen].map(([key, found]) => [key, found.t]))).toEqual(new Map([[idOf('a'), 'unknown']]));
  });

  // Whole fleet seed 12, once more: the old name was asked for, and could not be told of. Bytes would prove the move; there are none.
  it('[SA-4] [M19] does not make absent what was found under another name in the same folder', async () => {
    world.write('a', '');
    await world.sync();
    const id = idOf('a');
    renameSync(world.path('a'), world.path('A'));
    refuse('a');
    const { seen } = scanHere();
    expect([...seen]).toMatchObject([[id, { t: 'present', node: { name: 'A' } }]]);
  });

  it('[SA-4] [SY-25] makes none absent of the nodes that base has at its place', async () => {
    world.write('a', 'A');
    await world.sync();
    const first = baseOf('a');
    if (!first) throw new Error('a is in base');
    const second = { ...first, id: world.journal.allocateIds(1), cloudId: randomUUID() };
    world.journal.advance({ rows: [second] });
    refuse('a');
    const { seen } = scanHere();
    expect(new Map([...seen].map(([key, found]) => [key, found.t]))).toEqual(
      new Map([
        [first.id, 'unknown'],
        [second.id, 'unknown'],
      ]),
    );
  });

  it('[B05] [SA-4] hides no delete of its neighbours, however they are spelled', async () => {
    for (const name of ['a', 'b', 'A']) world.write(name, name);
    await world.sync();
    for (const name of ['b', 'A']) unlinkSync(world.path(name));
    refuse('a');
    const { seen } = scanHere();
    expect(['a', 'b', 'A'].map((name) => seen.get(idOf(name))?.t)).toEqual(['unknown', 'absent', 'absent']);
  });

  it('[M26] [SA-4] hides no file that became a folder beside it', async () => {
    for (const name of ['a', 'A']) world.write(name, name);
    await world.sync();
    unlinkSync(world.path('a'));
    mkdirSync(world.path('a'));
    refuse('A');
    const { seen } = scanHere();
    expect(['a', 'A'].map((name) => seen.get(idOf(name))?.t)).toEqual(['absent', 'unknown']);
  });
});

describe('something moved while a scan reads one folder after the other', () => {
  /** Does something just before the call of this number that a scan makes; answers how many it made. */
  const scanWith = (
    number: number,
    act: () => void,
    before: (path?: string) => void = () => undefined,
  ): Scanned & { readonly calls: number } => {
    let calls = 0;
    const count = (path?: string): void => {
      if (calls++ === number) act();
      before(path);
    };
    beforeCall('lstatSync', count);
    beforeCall('readdirSync', count);
    const scanned = scanHere();
    releaseCalls();
    return { ...scanned, calls };
  };
  const absent = ({ seen }: Scanned): LocalKey[] =>
    [...seen].flatMap(([key, node]) => (node.t === 'absent' ? [key] : []));

  beforeEach(async () => {
    for (const folder of ['a', 'm', 'z']) world.write(`${folder}/kept`, folder);
    world.write('m/d/inside', 'of the folder');
    world.write('m/file', 'a file');
    await world.sync();
  });

  it.each([
    ['m/d', 'a/d'],
    ['m/d', 'z/renamed'],
    ['m/d', 'd'],
    ['m/file', 'a/file'],
    ['m/file', 'z/kept.2'],
    ['a', 'z/a'],
    ['z', 'a/z'],
  ])('[SA-4] [SY-41] is never called absent, whatever call it comes before: %s to %s', (from, to) => {
    const move = (): void => renameSync(world.path(from), world.path(to));
    const back = (): void => renameSync(world.path(to), world.path(from));
    for (let number = 0, calls = 1; number < calls; number += 1) {
      const scanned = scanWith(number, move);
      ({ calls } = scanned);
      expect(absent(scanned), `moved before call ${number} of ${calls}`).toEqual([]);
      if (number < calls) back();
    }
  });

  it.each(['a', 'z'])(
    '[SA-4] [SY-41] is not called absent inside a new folder that was read before it came: %s',
    (at) => {
      mkdirSync(world.path(`${at}/new`), { recursive: true });
      for (let number = 0, calls = 1; number < calls; number += 1) {
        const scanned = scanWith(number, () => renameSync(world.path('m/d'), world.path(`${at}/new/d`)));
        ({ calls } = scanned);
        expect(absent(scanned), `moved before call ${number} of ${calls}`).toEqual([]);
        if (number < calls) renameSync(world.path(`${at}/new/d`), world.path('m/d'));
      }
    },
  );

  it.each(['a', 'z'])(
    '[SA-4] [SY-41] is not called absent where it cannot be looked at, unless that is told: %s',
    (at) => {
      const to = `${at}/file`;
      for (let number = 0, calls = 1; number < calls; number += 1) {
        const refuse = (path = ''): void => {
          if (path === world.path(to)) throw Object.assign(new Error('refused'), { code: 'EIO' });
        };
        const scanned = scanWith(number, () => renameSync(world.path('m/file'), world.path(to)), refuse);
        ({ calls } = scanned);
        const isTold = scanned.summary?.unreadable.some(({ path }) => path === to);
        if (!isTold) expect(absent(scanned), `moved before call ${number} of ${calls}`).toEqual([]);
        if (number < calls) renameSync(world.path(to), world.path('m/file'));
      }
    },
  );

  it('[SA-4] [SY-41] is not called absent inside a new folder either', () => {
    const moveIntoNew = (): void => {
      mkdirSync(world.path('z/new/deep'), { recursive: true });
      renameSync(world.path('m/d'), world.path('z/new/deep/d'));
    };
    for (let number = 0, calls = 1; number < calls; number += 1) {
      const scanned = scanWith(number, moveIntoNew);
      ({ calls } = scanned);
      expect(absent(scanned), `moved before call ${number} of ${calls}`).toEqual([]);
      if (number >= calls) break;
      renameSync(world.path('z/new/deep/d'), world.path('m/d'));
      rmSync(world.path('z/new'), { recursive: true });
    }
  });
});
