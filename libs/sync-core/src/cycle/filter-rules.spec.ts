import type { SyncMode } from '@tideline/contracts';
import { beforeEach, describe, expect, it } from 'vitest';
import type { Rules } from '../filter/compile-filter.ts';
import type { TestDevice } from '../testing/test-device.ts';
import { CycleWorld } from './cycle-world.fixture.ts';

let world: CycleWorld;
let a: TestDevice;

function use(...rules: Rules[]): void {
  Object.assign(a.settings, { rules });
}

const SMALL = { exclude: [], maxFileBytes: 20 };
const LARGE = 'a content of more than twenty bytes';

function begin(mode: SyncMode): void {
  world = new CycleWorld();
  a = world.device(1, { mode, propagateDeletes: true });
}

describe.each<SyncMode>(['bidirectional', 'upload'])('[SY-26] rules of type and size that change, %s', (mode) => {
  beforeEach(async () => {
    begin(mode);
    a.disk.mkdir('d');
    for (const path of ['d/large', 'film.mp4']) a.disk.write(path, LARGE);
    a.disk.write('small', 'few bytes');
    await a.settle();
  });

  it('never delete: what is left out from now on stays on both sides as it is', async () => {
    use(SMALL, { exclude: [], excludeTypes: ['video'] });
    const before = [a.disk.tree(), world.cloudTree()];
    const report = await a.settle();
    expect([a.disk.tree(), world.cloudTree()]).toEqual(before);
    expect(report).toMatchObject({ failed: 0, holds: 0, pending: 0 });
  });

  it('stop edits of what is left out, and let them through when it is let in again', async () => {
    use(SMALL, { exclude: [], excludeTypes: ['video'] });
    a.disk.write('d/large', `${LARGE}, edited`);
    a.disk.write('film.mp4', 'short');
    a.disk.write('small', 'other bytes');
    await a.settle();
    expect(world.cloudTree().get('d/large')).toBe(LARGE);
    expect(world.cloudTree().get('film.mp4')).toBe(LARGE);
    expect(world.cloudTree().get('small')).toBe('other bytes');
    use();
    await a.settle();
    expect(world.cloudTree().get('d/large')).toBe(`${LARGE}, edited`);
    expect(world.cloudTree().get('film.mp4')).toBe('short');
  });

  it('[UP-4] keep in the cloud what is deleted here while it is too large, and the folder it lies in', async () => {
    use(SMALL);
    a.disk.remove('d');
    await a.settle();
    expect(world.cloudTree().get('d/large')).toBe(LARGE);
  });

  it('send no new file that is too large, and the same file once it is small', async () => {
    use(SMALL);
    a.disk.write('new', LARGE);
    await a.settle();
    expect(world.cloud.find('new')).toBeUndefined();
    a.disk.write('new', 'now small');
    await a.settle();
    expect(world.cloudTree().get('new')).toBe('now small');
  });

  it('delete nothing when a file grows too large and gets another name at once', async () => {
    use(SMALL);
    a.disk.rename('small', 'renamed');
    a.disk.write('renamed', LARGE);
    await a.settle();
    expect(world.cloudTree().get('small')).toBe('few bytes');
  });
});

describe('[SY-26] a size, bidirectional', () => {
  beforeEach(() => begin('bidirectional'));

  it('counts on both sides: what grew in the cloud stays here as it is, and comes when it is small', async () => {
    a.disk.write('f', 'few bytes');
    await a.settle();
    use(SMALL);
    world.put('f', LARGE);
    world.put('new', LARGE);
    await a.settle();
    expect(a.disk.tree()).toEqual(new Map([['f', 'few bytes']]));
    world.put('f', 'small again');
    await a.settle();
    expect(a.disk.tree().get('f')).toBe('small again');
  });

  it('[SY-26] holds no folder in the cloud by what is left out, gone here, and known to be elsewhere there', async () => {
    for (const folder of ['d', 'e']) a.disk.mkdir(folder);
    a.disk.write('d/large', LARGE);
    await a.settle();
    use(SMALL);
    await a.settle();
    world.move('d/large', 'e/large');
    a.disk.remove('d/large');
    await a.settle();
    a.disk.remove('d');
    const report = await a.settle();
    expect(Object.fromEntries(world.cloudTree())).toEqual({ e: null, 'e/large': LARGE });
    expect(report).toMatchObject({ failed: 0, pending: 0 });
  });

  it('[SA-1] [SY-12] two new files of one name, one of them too large: both stay, and who cannot come is told', async () => {
    use(SMALL);
    a.disk.write('here', LARGE);
    world.put('here', 'small there');
    a.disk.write('there', 'small here');
    world.put('there', LARGE);
    for (let count = 0; count < 6; count++) {
      await a.cycle();
      world.clock.advance(60_000);
    }
    const copy = 'there (conflict PC1 2026-01-02 0304)';
    expect(Object.fromEntries(a.disk.tree())).toEqual({ here: LARGE, [copy]: 'small here' });
    expect(Object.fromEntries(world.cloudTree())).toEqual({ here: 'small there', there: LARGE, [copy]: 'small here' });
    expect(a.journal.problems()).toMatchObject([{ path: 'here' }]);
  });
});
