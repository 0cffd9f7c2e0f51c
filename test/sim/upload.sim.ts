import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { chanceOf, scripts, SimWorld, type SimDevice } from '@tideline/sync-core/testing';
import { check, deviceOf, play, sorted } from './property.ts';

/** UP: each local file has its own node in the cloud, in the node of its folder, with its content as the head or a kept version. */
function expectBackedUp(world: SimWorld, device: SimDevice): void {
  const { base } = device.journal;
  for (const file of device.disk.files.values()) {
    const path = device.disk.pathOf(file.ino);
    const row = base.rows().find((each) => each.state === 'managed' && each.sig?.fileId === BigInt(file.ino));
    if (!row) throw new Error(`${path} is not backed up`);
    const stored = world.cloud.live(row.cloudId);
    expect(base.byCloudId(stored.node.parentId)?.id, `folder of ${path}`).toBe(row.parent);
    expect(stored.node.name, path).toBe(row.cloudName);
    if (file.token !== null) expect(stored.versions, path).toContain(file.token);
  }
}

describe('upload mode', () => {
  it.each([true, false])(
    '[O13] [SA-3] [SY-20] [SY-21] never touches the disk and backs everything up (delete switch: %s)',
    (propagateDeletes) => {
      const property = fc.property(fc.nat(), scripts(2, 26), (seed, script) => {
        const world = new SimWorld({ devices: 1, policy: { mode: 'upload', propagateDeletes } });
        const chance = chanceOf(seed);
        const device = deviceOf(world, 0);
        play(world, script, { chance, losesAnswers: true });
        const before = sorted(device.disk.paths());
        world.rest(chance);
        expect(device.ran.filter((op) => op.op.startsWith('local'))).toEqual([]);
        expect(sorted(device.disk.paths())).toEqual(before);
        expect(device.disk.trash).toEqual([]);
        expect(world.lostTokens()).toEqual([]);
        expectBackedUp(world, device);
      });
      check(2000, property);
    },
  );

  it('[UP-4] [SY-22] deletes nothing in the cloud without the switch', () => {
    const property = fc.property(fc.nat(), scripts(2, 26), (seed, script) => {
      const world = new SimWorld({ devices: 1, policy: { mode: 'upload' } });
      const chance = chanceOf(seed);
      play(world, script, { chance });
      world.rest(chance);
      expect(deviceOf(world, 0).ran.filter((op) => op.op === 'cloudTrash')).toEqual([]);
    });
    check(600, property);
  });

  it('[O18] two devices that back up into one folder come to rest, each with its content kept', () => {
    const property = fc.property(fc.nat(), scripts(3, 24), (seed, script) => {
      const world = new SimWorld({ devices: 2, policy: { mode: 'upload' } });
      const chance = chanceOf(seed);
      for (const step of script) {
        if ('cycle' in step) deviceOf(world, step.cycle).cycle(chance);
        else world.act(step);
      }
      world.rest(chance);
      expect(world.lostTokens()).toEqual([]);
      for (const device of world.devices) expectBackedUp(world, device);
    });
    check(1000, property);
  });
});
