import { beforeEach, describe, expect, it } from 'vitest';
import type { TestDevice } from '../testing/test-device.ts';
import { answerAll, CycleWorld, DAY_MS, instead, noise, replace } from './cycle-world.fixture.ts';

let world: CycleWorld;
let a: TestDevice;
beforeEach(() => {
  world = new CycleWorld();
  a = world.device(1);
});

describe('[GU-2] a mass change', () => {
  const COUNT = 60;
  const all = (make: (number: number) => void) => Array.from({ length: COUNT }, (_, number) => make(number));
  const heads = () => [...world.cloud.tree().values()];
  beforeEach(async () => {
    all((number) => a.disk.write(`doc${number}.txt`, `text ${number} `.repeat(50)));
    await a.settle();
  });

  it('[G24] that looks like encryption holds the uploads, and the history stays as it was', async () => {
    const before = heads();
    all((number) => a.disk.write(`doc${number}.txt`, noise(number)));
    a.disk.write('new.txt', 'goes on');
    a.disk.remove('doc0.txt');
    expect(await a.settle()).toMatchObject({ holds: 1, pending: 0 });
    expect(a.journal.holds()).toMatchObject([{ kind: 'mass_change', files: COUNT - 1 }]);
    expect(heads().filter((head) => before.includes(head))).toHaveLength(COUNT - 1);
    expect(world.cloudTree().has('new.txt')).toBe(true);
    expect(world.cloudTree().has('doc0.txt')).toBe(false);
  });

  it('[G24] [SY-33] under one new extension holds the uploads and the new names, whatever the bytes look like', async () => {
    const before = world.cloudTree();
    all((number) => {
      a.disk.rename(`doc${number}.txt`, `doc${number}.txt.locked`);
      a.disk.write(`doc${number}.txt.locked`, `your files are mine ${number}`);
    });
    expect((await a.settle()).holds).toBe(1);
    expect(world.cloudTree()).toEqual(before);
  });

  it('[G24] approved, is uploaded as it is', async () => {
    all((number) => a.disk.write(`doc${number}.txt`, noise(number)));
    await a.settle();
    answerAll(a, 'approved');
    expect(await a.settle()).toMatchObject({ holds: 0, pending: 0, verified: true });
    expect(world.cloud.bytesOf(world.cloud.find('doc7.txt')?.contentId ?? '')).toEqual(noise(7));
    // What a person agreed to does not count for the next one.
    for (let number = 0; number < 15; number++) a.disk.write(`doc${number}.txt`, noise(number + 100));
    expect((await a.settle()).holds).toBe(0);
  });

  it('[G24] restored, gives every file back as the cloud has it; what was written is in the trash', async () => {
    const before = world.cloudTree();
    all((number) => a.disk.write(`doc${number}.txt`, noise(number)));
    await a.settle();
    a.disk.write('doc3.txt', 'written since the person answered');
    answerAll(a, 'restored');
    await world.cycles(a, 4);
    expect(await a.settle()).toMatchObject({ holds: 0, pending: 0 });
    for (const [path, content] of before) expect(a.disk.tree().get(path), path).toBe(content);
    expect([...a.disk.tree().values()]).toContain('written since the person answered');
    expect(a.disk.trash).toHaveLength(COUNT - 1);
  });

  it.each([
    { what: 'text', make: (number: number) => `other text ${number} `.repeat(40) },
    { what: 'photos', make: (number: number) => Uint8Array.from([0xff, 0xd8, 0xff, ...noise(number)]) },
    { what: 'files too small to tell', make: (number: number) => noise(number, 100) },
  ])('[GU-2] into $what goes through', async ({ make }) => {
    all((number) => a.disk.write(`doc${number}.txt`, make(number)));
    expect(await a.settle()).toMatchObject({ holds: 0, pending: 0, verified: true });
  });

  it('[GU-2] of few files is not even looked at', async () => {
    let reads = 0;
    const { disk } = a.deps;
    const counting = instead(disk, {
      readChunk: (...of) => {
        reads += 1;
        return disk.readChunk(...of);
      },
    });
    replace(a, { disk: counting });
    for (let number = 0; number < 18; number++) a.disk.write(`doc${number}.txt`, noise(number));
    expect(await a.settle()).toMatchObject({ holds: 0, verified: true });
    expect(reads).toBe(0);
  });

  it('[GU-2] counts what was rewritten in the last minutes, over cycles, and not before', async () => {
    for (let number = 0; number < 15; number++) a.disk.write(`doc${number}.txt`, noise(number));
    await a.settle();
    for (let number = 15; number < 18; number++) a.disk.write(`doc${number}.txt`, noise(number));
    await a.settle();
    expect(a.journal.holds()).toEqual([]);
    for (let number = 18; number < 22; number++) a.disk.write(`doc${number}.txt`, noise(number));
    await a.settle();
    expect(a.journal.holds()).toMatchObject([{ files: 4 }]);
    answerAll(a, 'approved');
    await a.settle();
    world.clock.advance(11 * 60_000);
    for (let number = 30; number < 48; number++) a.disk.write(`doc${number}.txt`, noise(number));
    expect((await a.settle()).holds).toBe(0);
  });

  it('[GU-2] that waits, lets an ordinary edit of another file through', async () => {
    for (let number = 0; number < 50; number++) a.disk.write(`doc${number}.txt`, noise(number));
    await a.settle();
    a.disk.write('doc55.txt', 'an ordinary edit '.repeat(30));
    await a.settle();
    expect(a.journal.holds()).toMatchObject([{ files: 50 }]);
    expect(world.cloudTree().get('doc55.txt')).toBe('an ordinary edit '.repeat(30));
  });
});

describe('[GU-4] a file that vanishes from the cloud', () => {
  let backer: TestDevice;
  beforeEach(async () => {
    backer = world.device(3, { mode: 'upload' });
    backer.disk.write('eicar', 'suspicious');
    backer.disk.write('other', 'other');
    await backer.settle();
  });

  it('[O16] [SY-34] is sent again three times in a day, then waits; the others go on', async () => {
    for (let times = 1; times <= 3; times++) {
      world.trash('eicar');
      await backer.settle();
      expect(world.cloudTree().has('eicar'), `time ${times}`).toBe(true);
      world.clock.advance(3_600_000);
    }
    world.trash('eicar');
    world.trash('other');
    expect((await backer.settle()).holds).toBe(1);
    expect(backer.journal.holds()).toMatchObject([{ kind: 'reupload_loop', files: 1 }]);
    expect(world.cloudTree()).toEqual(new Map([['other', 'other']]));
    answerAll(backer, 'approved');
    expect(await backer.settle()).toMatchObject({ holds: 0, pending: 0 });
    expect(world.cloudTree().has('eicar')).toBe(true);
  });

  it('[O16] is sent again as before when a day has passed', async () => {
    for (let days = 0; days < 5; days++) {
      world.trash('eicar');
      expect((await backer.settle()).holds).toBe(0);
      world.clock.advance(DAY_MS / 2);
    }
    expect(world.cloudTree().has('eicar')).toBe(true);
  });

  it('[O19] because a person deleted it there, is sent again once per delete, as a new file', async () => {
    const before = world.idOf('eicar');
    world.trash('eicar');
    await world.cycles(backer, 6);
    expect(world.idOf('eicar')).not.toBe(before);
    expect([...world.cloudTree().keys()]).toEqual(['eicar', 'other']);
    expect(backer.journal.deedsSince(0)).toMatchObject([{ kind: 'sentAgain', files: 1 }]);
  });

  it('[UP-7] [O16] counts what was moved away there, too', async () => {
    for (let times = 0; times < 4; times++) {
      world.move('eicar', `taken ${times}`);
      await backer.settle();
    }
    expect(backer.journal.holds()).toMatchObject([{ kind: 'reupload_loop', files: 1 }]);
    expect([...world.cloudTree().keys()].sort()).toEqual(['other', 'taken 0', 'taken 1', 'taken 2', 'taken 3']);
  });
});
