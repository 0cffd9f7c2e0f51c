import { describe, expect, it } from 'vitest';
import type { CloudOp, LocalOp, Plan } from '../model/plan.ts';
import { Scenario, type Side } from '../testing/scenario.ts';

/** The plan for changes made on one side of a synced tree, before it runs. */
function planFor(synced: readonly string[], change: (side: Side) => void, side: 'here' | 'there' = 'here'): Plan {
  const story = new Scenario(synced);
  change(story[side]);
  story.device.observe();
  return story.device.plan();
}

const brief = (ops: readonly (CloudOp | LocalOp)[]) =>
  ops.map((op) => `${op.op}${'name' in op ? ` ${op.name}` : ''}${'staged' in op && op.staged ? ' staged' : ''}`);

/** Every operation comes after those it names, and after its whole group began. */
function expectInOrder(ops: readonly (CloudOp | LocalOp)[]): void {
  const before = new Set<string>();
  const groups = new Map(ops.map((op) => [op.opId, op.atomicGroup]));
  for (const op of ops) {
    const open = (op.after ?? []).filter((opId) => !before.has(opId));
    expect(open.filter((opId) => groups.get(opId) !== op.atomicGroup || op.atomicGroup === undefined)).toEqual([]);
    before.add(op.opId);
  }
}

describe('the order of a plan', () => {
  it('[SY-31] makes folders before what comes into them', () => {
    const { cloud } = planFor(['x'], (s) => s.write('a/b/c', '1'));
    expect(brief(cloud)).toEqual(['cloudCreateFolder a', 'cloudCreateFolder b', 'cloudUpload']);
    expect(cloud[2]?.after).toEqual([cloud[1]?.opId, cloud[0]?.opId]);
    expectInOrder(cloud);
  });

  it('[SY-31] moves along a chain of names from its free end', () => {
    const shift = (s: Side) => (s.move('c', 'd'), s.move('b', 'c'), s.move('a', 'b'));
    const { cloud } = planFor(['a', 'b', 'c'], shift);
    expect(brief(cloud)).toEqual(['cloudMove d', 'cloudMove c', 'cloudMove b']);
    expect(cloud.map((op) => op.atomicGroup)).toEqual([undefined, undefined, undefined]);
    expectInOrder(cloud);
    const { local } = planFor(['a', 'b', 'c'], shift, 'there');
    expect(brief(local)).toEqual(['localMove d', 'localMove c', 'localMove b']);
  });

  it('[SY-31] exchanges names at once in the cloud, and by way of staging on the disk', () => {
    const swap = (s: Side) => (s.move('a', 't'), s.move('b', 'a'), s.move('t', 'b'));
    const { cloud } = planFor(['a', 'b'], swap);
    expect(cloud.map((op) => op.atomicGroup)).toEqual([1, 1]);
    const { local } = planFor(['a', 'b'], swap, 'there');
    expect(brief(local)).toEqual(['localMove a staged', 'localMove b', 'localMove a']);
    expect(local.map((op) => op.atomicGroup)).toEqual([1, undefined, 1]);
    expectInOrder(local);
  });

  it('[SY-31] puts a node into a new folder of its own name', () => {
    const wrap = (s: Side) => (s.move('a', 't'), s.mkdir('a'), s.move('t', 'a/a'));
    const { cloud } = planFor(['a'], wrap);
    expect(brief(cloud)).toEqual(['cloudCreateFolder a', 'cloudMove a']);
    expect(cloud.map((op) => op.atomicGroup)).toEqual([1, 1]);
    const { local } = planFor(['a'], wrap, 'there');
    expect(brief(local)).toEqual(['localMove a staged', 'localMakeFolder a', 'localMove a']);
  });

  it('[SY-31] replaces a folder by what was in it', () => {
    const unwrap = (s: Side) => (s.move('a/a', 't'), s.remove('a'), s.move('t', 'a'));
    const { cloud } = planFor(['a/a'], unwrap);
    expect(brief(cloud)).toEqual(['cloudMove a', 'cloudTrash']);
    expect(cloud.map((op) => op.atomicGroup)).toEqual([1, 1]);
    const { local } = planFor(['a/a'], unwrap, 'there');
    expect(brief(local)).toEqual(['localMove a staged', 'localTrash', 'localMove a']);
  });

  it('[SY-31] deletes last, except where that frees a name', () => {
    const { cloud } = planFor(
      ['a', 'b', 'z'],
      (s) => (s.remove('z'), s.remove('b'), s.move('a', 'b'), s.write('n', '1')),
    );
    expect(brief(cloud)).toEqual(['cloudUpload', 'cloudTrash', 'cloudMove b', 'cloudTrash']);
    expectInOrder(cloud);
  });

  it('[SY-31] [SY-8] deletes a folder when what moved out of it is out', () => {
    const { cloud } = planFor(['d/x', 'd/y'], (s) => (s.move('d/x', 'x'), s.remove('d')));
    expect(brief(cloud)).toEqual(['cloudMove x', 'cloudTrash']);
    expect(cloud[1]?.after).toEqual([cloud[0]?.opId]);
    expect(cloud[1]).toMatchObject({ ids: [expect.any(Number), expect.any(Number)] });
  });

  // Found by the simulation of merges, seed 582871783: the name was asked for all the same, and the drive refused it each time.
  it('[SY-31] [TA-5] lets wait what needs the name of a node that is not deleted before the first sync is through', () => {
    const story = new Scenario(['a', 'b'], { policy: { firstSync: true } });
    story.here.remove('a');
    story.here.mkdir('a');
    story.there.remove('b');
    story.there.mkdir('b');
    story.device.observe();
    const { cloud, local, waits } = story.device.plan();
    expect([brief(cloud), brief(local), waits]).toEqual([[], [], true]);
  });

  it('[SY-8] asks that nothing below a folder has changed before it is deleted as one', () => {
    const { cloud } = planFor(['d/x', 'd/y'], (s) => s.remove('d'));
    expect(cloud).toMatchObject([{ op: 'cloudTrash', ifSubtreeSeq: expect.any(Number) }]);
  });
});
