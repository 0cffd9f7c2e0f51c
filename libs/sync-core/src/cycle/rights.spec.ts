import type { Atom } from '@tideline/contracts';
import { beforeEach, describe, expect, it } from 'vitest';
import type { TestDevice } from '../testing/test-device.ts';
import { CycleWorld, DAY_MS, refusing, replace } from './cycle-world.fixture.ts';
import { runCycle } from './run-cycle.ts';

const ALL: readonly Atom[] = ['visible', 'list', 'preview', 'create', 'update', 'download', 'copy', 'move', 'delete'];
const READ: readonly Atom[] = ['visible', 'list', 'preview', 'download'];
const except = (...atoms: Atom[]): readonly Atom[] => ALL.filter((atom) => !atoms.includes(atom));

let world: CycleWorld;
let a: TestDevice;
beforeEach(async () => {
  world = new CycleWorld();
  a = world.device(1);
  a.disk.mkdir('free');
  a.disk.mkdir('ro');
  a.disk.mkdir('ro/sub');
  a.disk.write('free/x', 'x');
  a.disk.write('ro/f', 'f');
  a.disk.write('ro/sub/g', 'g');
  await a.settle();
});

/** From now on these rights hold from the folder downwards; everything is allowed elsewhere. */
function restrict(path: string, atoms: readonly Atom[]): void {
  world.cloud.boundaries = [
    ...world.cloud.boundaries.filter(({ nodeId }) => nodeId !== world.idOf(path)),
    { nodeId: world.idOf(path), atoms },
  ];
  world.cloud.capsRev += 1;
}

const problems = () => a.journal.problems().map(({ path, code, params }) => [path, code, params['needs']]);
const conflictOf = (tree: Map<string, string | null>) => [...tree.keys()].filter((path) => path.includes('(conflict'));

describe('what the rights in a folder do not allow', () => {
  it('[G15] [SY-32] a file that may not be changed gets its bytes back; the edit stays here as a conflict copy', async () => {
    restrict('ro', READ);
    const before = world.cloudTree();
    a.disk.write('ro/f', 'EDITED');
    await world.cycles(a, 4);
    expect(a.disk.tree().get('ro/f')).toBe('f');
    const [copy = ''] = conflictOf(a.disk.tree());
    expect(a.disk.tree().get(copy)).toBe('EDITED');
    expect(world.cloudTree()).toEqual(before);
    expect(problems()).toEqual([[copy, 'RIGHT_MISSING', 'create']]);
  });

  it('[FI-4] [SY-16] keeps here what a restored server lost, also where the person may not bring it back', async () => {
    restrict('ro', READ);
    await world.cycles(a, 2);
    world.trash('ro/f');
    world.trash('free/x');
    world.cloud.epoch = 'e2';
    await world.cycles(a, 8);
    expect(a.disk.tree().get('ro/f')).toBe('f');
    expect(world.cloudTree().get('free/x')).toBe('x');
    expect(problems()).toEqual([['ro/f', 'RIGHT_MISSING', 'create']]);
    expect(a.journal.meta().recovery).toBe(false);
    await world.cycles(a, 4);
    expect(a.disk.tree().get('ro/f')).toBe('f');
  });

  it('[G15] is not undone for want of a right that was given meanwhile and not heard of yet', async () => {
    restrict('ro', READ);
    await world.cycles(a, 2);
    restrict('ro', ALL);
    a.disk.write('ro/f', 'EDITED');
    const quiet = { onProgress: () => undefined, yieldNow: () => false, signal: new AbortController().signal };
    await runCycle(a.deps, { dirty: new Set(['ro']), pullFeed: false, settings: a.settings, ...quiet });
    expect(world.cloudTree().get('ro/f')).toBe('EDITED');
    expect(conflictOf(a.disk.tree())).toEqual([]);
  });

  it('[G15] a mere touch is undone without a copy', async () => {
    restrict('ro', READ);
    const bytes = a.disk.tree().get('ro/f') ?? '';
    a.disk.write('ro/f', bytes);
    await world.cycles(a, 3);
    expect(conflictOf(a.disk.tree())).toEqual([]);
    expect(await a.settle()).toMatchObject({ pending: 0, failed: 0, verified: true });
  });

  it('[C18] the same edit made twice leaves two copies with names of their own', async () => {
    restrict('ro', except('update'));
    a.disk.write('ro/f', 'EDITED');
    await world.cycles(a, 4);
    a.disk.write('ro/f', 'EDITED');
    await world.cycles(a, 4);
    expect(a.disk.tree().get('ro/f')).toBe('f');
    expect(conflictOf(a.disk.tree())).toHaveLength(2);
    expect(world.cloudTree()).toEqual(a.disk.tree());
    expect(await a.settle()).toMatchObject({ pending: 0, failed: 0, verified: true });
  });

  it('[G16] a file that may not be deleted comes back; one that may is deleted', async () => {
    restrict('ro', except('delete'));
    a.disk.remove('ro/f');
    a.disk.remove('free/x');
    await world.cycles(a, 4);
    expect(a.disk.tree().get('ro/f')).toBe('f');
    expect(world.cloudTree().has('free/x')).toBe(false);
    expect(a.disk.tree()).toEqual(world.cloudTree());
    expect(await a.settle()).toMatchObject({ pending: 0, failed: 0, verified: true });
  });

  it('[G16] of a folder that is deleted, what may not be deleted comes back with the folders above it', async () => {
    restrict('ro/sub', except('delete'));
    a.disk.remove('ro');
    await world.cycles(a, 5);
    expect([...world.cloudTree().keys()]).toEqual(['free', 'free/x', 'ro', 'ro/sub', 'ro/sub/g']);
    expect(a.disk.tree()).toEqual(world.cloudTree());
  });

  it('[G17] a new file in a read-only folder is not sent, stays, and is told', async () => {
    restrict('ro', READ);
    a.disk.write('ro/new', 'NEW');
    a.disk.mkdir('ro/dir');
    a.disk.write('ro/dir/in', 'IN');
    a.disk.write('free/new', 'goes on');
    const report = await world.cycles(a, 3);
    expect(world.cloudTree().has('ro/new')).toBe(false);
    expect(world.cloudTree().get('free/new')).toBe('goes on');
    expect(a.disk.tree().get('ro/new')).toBe('NEW');
    expect(report).toMatchObject({ pending: 0, failed: 3, verified: null });
    expect(problems()).toEqual([
      ['ro/dir', 'RIGHT_MISSING', 'create'],
      ['ro/dir/in', 'RIGHT_MISSING', 'create'],
      ['ro/new', 'RIGHT_MISSING', 'create'],
    ]);
    restrict('ro', ALL);
    expect(await world.cycles(a, 3)).toMatchObject({ failed: 0, verified: true });
    expect(world.cloudTree().get('ro/dir/in')).toBe('IN');
  });

  it('[G18] what was moved into a forbidden folder comes back to its place, and stays here as a copy', async () => {
    restrict('ro', READ);
    a.disk.rename('free/x', 'ro/x');
    await world.cycles(a, 4);
    expect(a.disk.tree().get('free/x')).toBe('x');
    expect(a.disk.tree().get('ro/x')).toBe('x');
    expect(world.cloudTree().has('ro/x')).toBe(false);
    expect(problems()).toEqual([['ro/x', 'RIGHT_MISSING', 'create']]);
  });

  it('[G18] a folder that was moved there comes back with all that is in it', async () => {
    restrict('ro', READ);
    a.disk.write('free/more', 'more');
    await a.settle();
    a.disk.rename('free', 'ro/free');
    await world.cycles(a, 5);
    expect(a.disk.tree().get('free/more')).toBe('more');
    expect(a.disk.tree().get('ro/free/more')).toBe('more');
    expect(world.cloudTree().has('ro/free')).toBe(false);
  });

  it('[G18] what may not leave its folder stays there in the cloud; the place it was moved to gets a file of its own', async () => {
    restrict('ro', except('move'));
    const id = world.idOf('ro/f');
    a.disk.rename('ro/f', 'free/f');
    await world.cycles(a, 4);
    expect(world.idOf('ro/f')).toBe(id);
    expect(world.cloudTree().get('free/f')).toBe('f');
    expect(a.disk.tree()).toEqual(world.cloudTree());
    expect(await a.settle()).toMatchObject({ pending: 0, failed: 0, verified: true });
  });

  it('[G18] a folder with a part that may not leave its place stays there in the cloud; the place it was moved to gets files of its own', async () => {
    restrict('ro/sub', except('move'));
    const ids = ['ro', 'ro/f', 'ro/sub', 'ro/sub/g'].map((path) => world.idOf(path));
    a.disk.rename('ro', 'free/ro');
    await world.cycles(a, 5);
    expect(['ro', 'ro/f', 'ro/sub', 'ro/sub/g'].map((path) => world.idOf(path))).toEqual(ids);
    expect(world.cloudTree().get('free/ro/sub/g')).toBe('g');
    expect(a.disk.tree()).toEqual(world.cloudTree());
    expect(await a.settle()).toMatchObject({ pending: 0, failed: 0, verified: true });
  });

  it('[G18] such a folder may get another name in its place', async () => {
    restrict('ro/sub', except('move'));
    const id = world.idOf('ro/sub');
    a.disk.rename('ro', 'renamed');
    await world.cycles(a, 3);
    expect(world.idOf('renamed/sub')).toBe(id);
  });

  it('[G16] [PE-4] of a folder with something hidden in it, a delete or a move is refused, told, and tried again later', async () => {
    const tried = new Set<object>();
    const isTrash = (op: object) => 'kind' in op && op.kind === 'trash' && tried.add(op) === tried;
    replace(a, { cloud: refusing(world.cloud, 'SUBTREE_FORBIDDEN', isTrash) });
    a.disk.remove('ro');
    await world.cycles(a, 4);
    expect(tried.size).toBeLessThanOrEqual(2);
    expect(world.cloudTree().get('ro/sub/g')).toBe('g');
    expect(a.journal.problems()).toMatchObject([
      { path: 'ro', code: 'RIGHT_MISSING', params: { code: 'SUBTREE_FORBIDDEN' } },
    ]);
    replace(a, { cloud: world.cloud });
    world.clock.advance(DAY_MS);
    await world.cycles(a, 4);
    expect(world.cloudTree().has('ro')).toBe(false);
  });

  it('[PE-2] what may not be read is not fetched, and is told', async () => {
    restrict('ro', ['visible', 'list']);
    world.put('ro/there', 'there');
    expect(await world.cycles(a, 3)).toMatchObject({ pending: 0, failed: 1 });
    expect(a.disk.tree().has('ro/there')).toBe(false);
    expect(a.journal.problems()).toMatchObject([{ code: 'RIGHT_MISSING', params: { needs: 'download' } }]);
  });

  it('[G14] a right lost in the middle of an upload keeps the bytes here and asks the server what is allowed now', async () => {
    a.disk.write('ro/f', 'EDITED');
    world.cloud.onCommit = () => {
      world.cloud.onCommit = () => undefined;
      restrict('ro', READ);
    };
    await world.cycles(a, 5);
    world.clock.advance(DAY_MS);
    await world.cycles(a, 4);
    expect(world.contents(a)).toContain('EDITED');
    expect([...a.disk.tree().values()]).toContain('EDITED');
    expect(a.disk.tree().get('ro/f')).toBe('f');
    expect(world.cloudTree().get('ro/f')).toBe('f');
  });

  it.each(['FORBIDDEN', 'QUOTA_EXCEEDED'] as const)(
    '[G13] a move that the cloud refuses (%s) becomes a problem; both names keep the bytes',
    async (code) => {
      replace(a, { cloud: refusing(world.cloud, code, (op) => 'kind' in op && op.kind === 'move') });
      a.disk.rename('free/x', 'free/renamed');
      expect(await world.cycles(a, 3)).toMatchObject({ pending: 0, failed: 1 });
      expect(world.cloudTree().get('free/x')).toBe('x');
      expect(a.disk.tree().get('free/renamed')).toBe('x');
      replace(a, { cloud: world.cloud });
      world.clock.advance(DAY_MS);
      expect(await world.cycles(a, 2)).toMatchObject({ failed: 0, verified: true });
      expect(world.cloudTree().get('free/renamed')).toBe('x');
    },
  );
});

describe('upload mode without some of the rights', () => {
  let backer: TestDevice;
  beforeEach(async () => {
    world = new CycleWorld();
    backer = world.device(3, { mode: 'upload', propagateDeletes: true });
    backer.disk.write('f', 'f');
    backer.disk.write('other', 'other');
    await backer.settle();
    backer.disk.onWrite = (what) => {
      throw new Error(`wrote: ${what}`);
    };
  });
  const limit = (atoms: readonly Atom[]) => {
    world.cloud.boundaries = [{ nodeId: world.cloud.rootId, atoms }];
    world.cloud.capsRev += 1;
  };

  it('[O17] a rename makes a new file where moving is not allowed; the old one stays and loses its link', async () => {
    limit(except('move'));
    const id = world.idOf('f');
    backer.disk.rename('f', 'renamed');
    expect(await world.cycles(backer, 4)).toMatchObject({ pending: 0, failed: 0 });
    expect(world.cloudTree().get('renamed')).toBe('f');
    expect(world.idOf('f')).toBe(id);
  });

  it('[O17] [PE-6] a move to where more may be read than in the backed-up folder makes a new file; one within it is a move', async () => {
    backer.disk.mkdir('open');
    backer.disk.mkdir('kept');
    backer.disk.mkdir('kept/sub');
    backer.disk.write('kept/a', 'a');
    backer.disk.write('kept/b', 'b');
    await world.cycles(backer, 3);
    world.cloud.makeBacker(world.idOf('kept'));
    const ids = ['kept/a', 'kept/b'].map((path) => world.idOf(path));
    backer.disk.rename('kept/a', 'open/a');
    backer.disk.rename('kept/b', 'kept/sub/b');
    expect(await world.cycles(backer, 4)).toMatchObject({ pending: 0, failed: 0 });
    expect([world.idOf('kept/a'), world.idOf('kept/sub/b')]).toEqual(ids);
    expect(world.cloudTree().get('open/a')).toBe('a');
  });

  // Whole fleet seeds 2125 and 3188.
  it('[O17] [SY-25] a folder that is moved takes what base has in it out of base, also what was deleted in it meanwhile', async () => {
    backer.disk.mkdir('d');
    backer.disk.write('d/gone', 'gone');
    backer.disk.write('d/left', 'left');
    await world.cycles(backer, 3);
    limit(except('move', 'delete'));
    backer.disk.remove('d/gone');
    backer.disk.rename('d', 'e');
    expect(await world.cycles(backer, 4)).toMatchObject({ pending: 0, failed: 0 });
    const { base } = backer.journal;
    const rows = ['d/gone', 'd/left'].flatMap((path) => base.byCloudId(world.idOf(path)) ?? []);
    expect(rows.filter(({ parent }) => base.get(parent) === undefined)).toEqual([]);
    expect(Object.fromEntries(world.cloudTree())).toMatchObject({
      'd/gone': 'gone',
      'd/left': 'left',
      'e/left': 'left',
    });
  });

  it('[O17] an edit or a delete that is not allowed is told or let be, and never tried in a loop', async () => {
    limit(except('update', 'delete'));
    backer.disk.write('f', 'EDITED');
    backer.disk.remove('other');
    expect(await world.cycles(backer, 4)).toMatchObject({ pending: 0, failed: 1 });
    expect(world.cloudTree()).toEqual(
      new Map([
        ['f', 'f'],
        ['other', 'other'],
      ]),
    );
    expect(backer.journal.problems()).toMatchObject([
      { path: 'f', code: 'RIGHT_MISSING', params: { needs: 'update' } },
    ]);
  });
});
