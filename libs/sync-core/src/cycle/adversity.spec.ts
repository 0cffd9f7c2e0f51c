import { AppError, digestOf, type DriveNode } from '@tideline/contracts';
import { beforeEach, describe, expect, it } from 'vitest';
import type { Cloud } from '../ports/cloud.ts';
import type { TestDevice } from '../testing/test-device.ts';
import {
  CycleWorld,
  DAY_MS,
  files,
  hashes,
  instead,
  isUpload,
  refusing,
  replace,
  ROOT,
} from './cycle-world.fixture.ts';
import { runCycle } from './run-cycle.ts';

let world: CycleWorld;
let a: TestDevice;

beforeEach(() => {
  world = new CycleWorld();
  a = world.device(1);
});

describe('recovery', () => {
  it('[FI-4] [SY-16] goes on while anything is not brought back, so that nothing is taken for deleted', async () => {
    files(a, 6);
    await a.settle();
    world.trash('f0');
    const full = refusing(world.cloud, 'QUOTA_EXCEEDED', isUpload);
    const restored = instead<Cloud>(full, {
      changes: async (cursor) => ({ ...(await world.cloud.changes(cursor)), epoch: 'e2' }),
      listing: async (root) => ({ ...(await world.cloud.listing(root)), epoch: 'e2' }),
    });
    replace(a, { cloud: restored });
    await world.cycles(a, 4);
    expect(a.journal.meta().recovery).toBe(true);
    replace(a, { cloud: instead<Cloud>(restored, { commit: (request) => world.cloud.commit(request) }) });
    world.clock.advance(DAY_MS);
    await world.cycles(a, 3);
    expect(a.disk.tree().has('f0')).toBe(true);
    expect(world.cloud.find('f0')).toBeDefined();
    expect(a.journal.meta().recovery).toBe(false);
  });
});

describe('an exchange of places whose second half fails', () => {
  beforeEach(async () => {
    files(a, 6);
  });

  it('[SA-1] [SA-5] leaves no file hidden, though it was edited and could not be sent', async () => {
    a.disk.write('x', 'x old');
    a.disk.write('y', 'y old');
    await a.settle();
    world.move('x', 'tmp');
    world.move('y', 'x');
    world.move('tmp', 'y');
    a.disk.write('x', 'x EDITED HERE');
    a.disk.write('y', 'y EDITED HERE');
    let hasEdited = false;
    a.disk.onWrite = (what) => {
      const [verb, path] = what.split(' ');
      if (hasEdited || verb !== 'move' || !path) return;
      hasEdited = true;
      a.disk.write(path, 'edited again, in the middle');
    };
    replace(a, { cloud: refusing(world.cloud, 'REV_MISMATCH', isUpload) });
    await world.cycles(a, 2);
    replace(a, { cloud: world.cloud });
    await world.cycles(a, 12);
    expect([...world.contents(a)].join('|')).toContain('y EDITED HERE');
    expect([...world.contents(a)].join('|')).toContain('edited again, in the middle');
  });

  it('[SA-4] [M12] takes no staged folder for deleted', async () => {
    a.disk.mkdir('x');
    a.disk.mkdir('y');
    a.disk.write('x/new', 'x1');
    a.disk.write('y/b', 'y1');
    await a.settle();
    world.move('x', 'tmp');
    world.move('y', 'x');
    world.move('tmp', 'y');
    const seen: string[] = [];
    a.disk.onWrite = (what) => {
      const [verb, from, to] = what.split(' ');
      // Somebody puts a file into the folder that is staged, and takes the name that the other one is to have.
      if (verb === 'stage' && !seen.includes('stage')) a.disk.write(`${from}/late`, 'LATE');
      if (verb === 'move' && !seen.includes('move') && to) a.disk.write(to, 'SOMEBODY');
      if (verb) seen.push(verb);
    };
    await world.cycles(a, 12);
    expect([...world.contents(a)].join('|')).toContain('LATE');
    expect([...world.contents(a)].join('|')).toContain('SOMEBODY');
  });
});

describe('folders that change places while the engine works', () => {
  const exchange = () => {
    a.disk.rename('x', 'between');
    a.disk.rename('y', 'x');
    a.disk.rename('between', 'y');
  };
  /** Just before the engine changes something for the first time. */
  const inTheMiddle = (verb: string): void => {
    let isDone = false;
    a.disk.onWrite = (what) => {
      if (isDone || !what.startsWith(verb)) return;
      isDone = true;
      exchange();
    };
  };

  beforeEach(async () => {
    files(a, 6);
    for (const name of ['x', 'y']) a.disk.mkdir(name);
    await a.settle();
  });

  it.each([
    ['place', 'a file', () => world.put('x/new', 'NEW')],
    ['mkdir', 'a folder', () => world.mkdir('x/new')],
    ['move', 'a node that is moved', () => world.move('f0', 'x/new')],
  ] as const)('[SY-40] %s: %s for one of them does not go into the other', async (verb, _what, act) => {
    act();
    const id = world.idOf('x/new');
    inTheMiddle(verb);
    await world.cycles(a, 8);
    expect(world.idOf('y/new')).toBe(id);
    expect([...a.disk.tree()]).toEqual([...world.cloudTree()]);
    expect(a.journal.problems()).toEqual([]);
  });
});

describe('what a cycle may claim', () => {
  it('[SA-4] [SA-5] [TA-5] nothing after a scan that could not read the root', async () => {
    a.disk.write('f', '1');
    const { scanner } = a.deps;
    const nothing = { full: false, seen: new Map(), listed: new Set<number>(), files: 0, folders: 0, skipped: 0 };
    const unreadable = [{ path: '', code: 'ROOT_MISSING' as const }];
    replace(a, { scanner: instead(scanner, { scan: async () => ({ ...nothing, unreadable }) }) });
    const report = await a.cycle();
    expect(report).toMatchObject({ stop: { why: 'blocked', reason: 'root' }, lastFullSyncMs: null, verified: null });
    expect(a.journal.meta().firstSyncDone).toBe(false);
  });

  it('[GU-3] [SY-28] nothing of a scan during which the root was replaced', async () => {
    files(a, 6);
    await a.settle();
    const { scanner } = a.deps;
    let hasScanned = false;
    const replaced = instead(scanner, {
      root: async () => ({ t: 'ok', identity: hasScanned ? 'another folder' : 'root-1' }),
      scan: async (...of) => {
        hasScanned = true;
        for (let number = 0; number < 6; number++) a.disk.remove(`f${number}`);
        return scanner.scan(...of);
      },
    });
    replace(a, { scanner: replaced });
    expect(await a.cycle()).toMatchObject({ stop: { why: 'blocked', reason: 'root' } });
    expect([...a.journal.localOverlay()]).toEqual([]);
    expect(world.cloud.tree().size).toBe(6);
  });

  it.each(['NAME_UNSUPPORTED', 'PATH_TOO_LONG', 'UNREADABLE'] as const)(
    '[SA-5] not "synced" while the scan could not read something (%s), however often it looks',
    async (code) => {
      a.disk.write('f', '1');
      const { scanner } = a.deps;
      const scan: typeof scanner.scan = async (...of) => ({
        ...(await scanner.scan(...of)),
        unreadable: [{ path: 'odd', code }],
      });
      replace(a, { scanner: instead(scanner, { scan }) });
      expect(await world.cycles(a, 3)).toMatchObject({ failed: 1, verified: null, lastFullSyncMs: null });
      replace(a, { scanner });
      expect(await world.cycles(a, 1)).toMatchObject({ failed: 0, verified: true });
    },
  );

  it('[LI-2] names the file past the limit', async () => {
    const small = world.device(2, { maxFiles: 1 });
    files(small, 2);
    expect(await world.cycles(small, 3)).toMatchObject({ failed: 1, pending: 0 });
    expect(small.journal.problems().map(({ code }) => code)).toEqual(['LIMIT_FILES']);
  });

  it('[SA-5] a refusal that no new look explains becomes a problem, and hides no other pending work', async () => {
    a.disk.write('g', 'two');
    await a.settle();
    a.disk.write('new', 'NOT IN THE CLOUD');
    replace(a, { cloud: refusing(world.cloud, 'NAME_TAKEN', isUpload) });
    expect(await world.cycles(a, 1)).toMatchObject({ pending: 0, failed: 1, verified: null });
    expect(a.journal.problems()).toMatchObject([{ path: 'new', code: 'REFUSED', params: { code: 'NAME_TAKEN' } }]);
    replace(a, { cloud: world.cloud });
    world.clock.advance(DAY_MS);
    expect(await world.cycles(a, 1)).toMatchObject({ failed: 0, verified: true });
  });

  it('[SA-5] a problem that stays keeps nobody from seeing that the picture of the cloud is wrong', async () => {
    await a.settle();
    a.disk.write('new', 'NOT IN THE CLOUD');
    replace(a, { cloud: refusing(world.cloud, 'NAME_TAKEN', isUpload) });
    world.put('from there', 'passed over');
    const another = world.device(2);
    await another.settle();
    const { cursor, seq } = another.journal.meta();
    a.journal.advance({ meta: { cursor, seq } });
    expect(await world.cycles(a, 1)).toMatchObject({ failed: 1, verified: null });
    expect(a.disk.tree().has('from there')).toBe(false);
    expect(await world.cycles(a, 2)).toMatchObject({ failed: 1, verified: null });
    expect(a.disk.tree().get('from there')).toBe('passed over');
  });

  it('[SA-5] a full scan takes in the cloud, too', async () => {
    a.disk.write('g', 'two');
    await a.settle();
    world.clock.advance(60_000);
    world.put('from there', 'new');
    const { deps, settings } = a;
    const quiet = { onProgress: () => undefined, yieldNow: () => false, signal: new AbortController().signal };
    await runCycle(deps, { dirty: 'all', pullFeed: false, settings, ...quiet });
    expect(a.disk.tree().get('from there')).toBe('new');
  });
});

describe('a folder inside whose right is lost', () => {
  /** The drive as somebody sees it who may not look into the folders of `hidden`. */
  function without(capsRev: number, hidden: readonly string[]): Cloud {
    const seen = async (nodes: Iterable<DriveNode>): Promise<DriveNode[]> => {
      const parents = new Map(
        [...(await world.cloud.listing(ROOT)).nodes].map((node) => [node.id as string, node.parentId]),
      );
      const isIn = (id: string | null): boolean =>
        id !== null && (hidden.includes(id) || isIn(parents.get(id) ?? null));
      return [...nodes].filter((node) => !isIn(node.id));
    };
    const list = async (root: string) => {
      const all = await world.cloud.listing(root);
      return { ...all, capsRev, nodes: await seen(all.nodes) };
    };
    return instead<Cloud>(world.cloud, {
      listing: list,
      caps: async () => ({
        capsRev,
        boundaries: hidden.map((nodeId) => ({ nodeId, atoms: [], syncRight: 'none' })) as never,
      }),
      changes: async (cursor) => {
        const page = await world.cloud.changes(cursor);
        const nodes = await seen(page.items.flatMap((item) => (item.type === 'gone' ? [] : [item.node])));
        const items = page.items.filter((item) => item.type === 'gone' || nodes.includes(item.node));
        return { ...page, capsRev, items };
      },
      digest: async () => {
        const { nodes, seq } = await list(ROOT);
        const below = nodes.filter((node) => node.id !== ROOT);
        return { count: below.length, digest: digestOf(below, (text) => hashes.sha256Hex(text)), seq };
      },
    });
  }

  it('[PE-2] [SA-5] is told as a problem, because edits in it go nowhere', async () => {
    a.disk.mkdir('dir');
    a.disk.write('dir/f', 'one');
    await a.settle();
    replace(a, { cloud: without(1, [world.idOf('dir')]) });
    await world.cycles(a, 2);
    a.disk.write('dir/f', 'EDITED HERE');
    expect(await world.cycles(a, 3)).toMatchObject({ failed: 1, verified: null });
    expect(a.journal.problems()).toMatchObject([{ path: 'dir', code: 'RIGHT_MISSING' }]);
  });

  it('[SA-2] [D22] is not frozen for ever: what was deleted meanwhile is known when the right is back', async () => {
    a.disk.mkdir('dir');
    a.disk.write('dir/f', 'one');
    a.disk.write('dir/h', 'three');
    await a.settle();
    replace(a, { cloud: without(1, [world.idOf('dir')]) });
    await world.cycles(a, 2);
    world.trash('dir/f');
    replace(a, { cloud: without(2, []) });
    await world.cycles(a, 3);
    a.disk.write('dir/f', 'EDITED HERE');
    await world.cycles(a, 5);
    expect([...world.cloud.tree().keys()].sort()).toEqual([...a.disk.tree().keys()].sort());
  });
});

describe('a clock that ran ahead and was set right', () => {
  it('[SA-2] [SY-28] does not keep a delete from settling', async () => {
    files(a, 6);
    await a.settle();
    world.clock.advance(30 * DAY_MS);
    a.disk.remove('f0');
    await a.cycle();
    world.clock.advance(-30 * DAY_MS);
    await world.cycles(a, 4);
    expect(world.cloud.find('f0')).toBeUndefined();
  });

  it('[G26] does not keep a failed file from being tried again', async () => {
    files(a, 1);
    replace(a, { cloud: refusing(world.cloud, 'QUOTA_EXCEEDED', isUpload) });
    world.clock.advance(30 * DAY_MS);
    await a.cycle();
    world.clock.advance(-30 * DAY_MS);
    replace(a, { cloud: world.cloud });
    await world.cycles(a, 2);
    expect(world.cloud.find('f0')).toBeDefined();
  });
});

describe('a cycle that fails in the middle', () => {
  it('[SA-2] returns only when nothing is being put in place any more', async () => {
    for (let number = 0; number < 501; number++) {
      const bytes = new TextEncoder().encode(`content ${number}`);
      world.put(`f${number}`, bytes);
    }
    let bundles = 0;
    const failing = instead<Cloud>(world.cloud, {
      bundle: async (nodes) => {
        bundles += 1;
        if (bundles === 2) throw new AppError('SERVER_UNREACHABLE', { server: 'x' });
        return world.cloud.bundle(nodes);
      },
    });
    const { disk } = a.deps;
    const log: string[] = [];
    const slow = instead(disk, {
      place: async (requests) => {
        const results = await disk.place(requests);
        for (let turn = 0; turn < 1000; turn++) await Promise.resolve();
        log.push('placed');
        return results;
      },
    });
    replace(a, { cloud: failing, disk: slow });
    const report = await a.cycle();
    log.push('returned');
    expect(report.stop).toMatchObject({ why: 'offline' });
    expect(log).toEqual(['placed', 'returned']);
    replace(a, { cloud: world.cloud, disk });
    expect(await a.settle()).toMatchObject({ pending: 0, verified: true });
  });
});

describe('upload mode', () => {
  it('[SA-3] [UP] lets what others left in staging lie', async () => {
    const backer = world.device(3, { mode: 'upload' });
    backer.disk.write('f', '1');
    let recovers = 0;
    const { disk } = backer.deps;
    const counting = instead(disk, {
      recover: (opIds) => {
        recovers += 1;
        return disk.recover(opIds);
      },
    });
    replace(backer, { disk: counting });
    await backer.settle();
    expect(recovers).toBe(0);
  });
});
