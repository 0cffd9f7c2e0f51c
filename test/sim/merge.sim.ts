import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { chanceOf, foldersOnTheMove, meetings, scripts, SimWorld, type Meeting } from '@tideline/sync-core/testing';
import { check, deviceOf, expectEqualCopies, play } from './property.ts';

/**
 * People change both sides of a synced tree without knowing of each other; then the devices run until they rest. What somebody
 * wrote meanwhile still stands somewhere, whatever the others did (BI-5).
 */
function meet(world: SimWorld, { first, then, seed }: Meeting): void {
  const chance = chanceOf(seed);
  for (const act of first) world.act(act);
  world.rest(chance);
  const before = world.liveTokens();
  for (const act of then) world.act(act);
  const written = [...world.liveTokens()].filter((token) => !before.has(token));
  world.rest(chance);
  const after = world.liveTokens();
  if (world.devices.every((device) => device.policy.conflict !== 'version'))
    expect(written.filter((token) => !after.has(token))).toEqual([]);
}

describe('one device and the drive', () => {
  it('[SA-1] [SA-2] [SY-2] [SY-3] [SY-7] [BI-5] end equal after changes on both sides, without a byte lost', () => {
    const property = fc.property(meetings, (meeting) => {
      const world = new SimWorld({ devices: 1 });
      meet(world, meeting);
      expectEqualCopies(world);
    });
    check(3000, property);
  });

  it('[SY-37] end equal when what is new is carried out folder by folder', () => {
    const property = fc.property(meetings, (meeting) => {
      const world = new SimWorld({ devices: 1, newsAtOnce: 0 });
      meet(world, meeting);
      expectEqualCopies(world);
    });
    check(1500, property);
  });

  it('[SY-37] come to the same names and contents whether a first sync is carried out folder by folder or not', () => {
    const property = fc.property(meetings, ({ first, then, seed }) => {
      const [whole, sliced] = [{}, { newsAtOnce: 0 }].map((options) => {
        const world = new SimWorld({ devices: 1, ...options });
        for (const act of [...first, ...then]) world.act(act);
        world.rest(chanceOf(seed));
        return [...world.cloud.paths()].sort();
      });
      expect(sliced).toEqual(whole);
    });
    check(1500, property);
  });

  it('[M12] [SY-10] [SY-11] end equal when folders are moved into each other', () => {
    const property = fc.property(foldersOnTheMove, (meeting) => {
      const world = new SimWorld({ devices: 1 });
      meet(world, meeting);
      expectEqualCopies(world);
    });
    check(2000, property);
  });

  it('[BI-4] [SY-6] end equal under the policy that makes versions of conflicts', () => {
    const property = fc.property(meetings, (meeting) => {
      const world = new SimWorld({ devices: 1, policy: { conflict: 'version' } });
      meet(world, meeting);
      expectEqualCopies(world);
      const copies = [...world.cloud.paths().keys()].filter((path) => path.includes('(conflict'));
      const contended = deviceOf(world, 0).ran.filter((op) => op.op === 'localSetAside' && op.why === 'conflict');
      expect(copies.length).toBeLessThanOrEqual(contended.length);
    });
    check(800, property);
  });

  it('[SY-5] decide the same whatever the order in which changes were seen', () => {
    const property = fc.property(meetings, fc.nat(), ({ seed, first, then }, shuffle) => {
      const plans = [null, shuffle].map((order) => {
        const world = new SimWorld({ devices: 1 });
        const chance = chanceOf(seed);
        for (const act of first) world.act(act);
        world.rest(chance);
        for (const act of then) world.act(act);
        const device = deviceOf(world, 0);
        device.observe();
        return device.plan(order === null ? undefined : chanceOf(order));
      });
      expect(plans[1]).toEqual(plans[0]);
    });
    check(800, property);
  });

  it('[SY-14] [SA-4] [G11] touch nothing in a folder that cannot be read, and end equal when it can', () => {
    const property = fc.property(meetings, fc.nat({ max: 20 }), ({ seed, first, then }, which) => {
      const world = new SimWorld({ devices: 1 });
      const chance = chanceOf(seed);
      const device = deviceOf(world, 0);
      for (const act of first) world.act(act);
      world.rest(chance);
      const folders = [...device.disk.files.values()].filter((file) => file.kind === 'folder');
      const closed = folders[which % Math.max(1, folders.length)];
      if (closed) device.disk.unreadable.add(closed.ino);
      for (const act of then) if (act.who === 1) world.act(act);
      const before = closed ? device.disk.contentsOf(closed.ino) : [];
      const ran = device.ran.length;
      for (let cycle = 0; cycle < 4; cycle++) device.cycle(chance);
      expect(closed ? device.disk.contentsOf(closed.ino) : []).toEqual(before);
      // Nobody deleted anything here: whatever is not seen is unknown, and nothing there may go because of it.
      expect(device.ran.slice(ran).filter((op) => op.op === 'cloudTrash')).toEqual([]);
      device.disk.unreadable.clear();
      world.rest(chance);
      expectEqualCopies(world);
    });
    check(1000, property);
  });

  it('[GU-1] [SY-8] do everything but held deletes and what needs their names, and the rest once they are approved', () => {
    const property = fc.property(
      meetings,
      fc.array(fc.nat({ max: 15 }), { maxLength: 3 }),
      ({ seed, first, then }, held) => {
        const world = new SimWorld({ devices: 1 });
        const chance = chanceOf(seed);
        const device = deviceOf(world, 0);
        for (const act of first) world.act(act);
        world.rest(chance);
        const rows = device.journal.base.rows().filter((row) => row.id !== row.parent);
        device.held = held.flatMap((index) => rows[index % Math.max(1, rows.length)]?.id ?? []);
        for (const act of then) world.act(act);
        for (let cycle = 0; cycle < 4; cycle++) device.cycle(chance);
        const deletes = device.ran.filter((op) => op.op === 'cloudTrash' || op.op === 'localTrash');
        expect(deletes.filter((op) => op.ids.some((id) => device.held?.includes(id)))).toEqual([]);
        device.held = null;
        world.rest(chance);
        expectEqualCopies(world);
      },
    );
    check(1000, property);
  });
});

describe('several devices and the drive', () => {
  it('[D01] [SA-1] [SA-2] [C15] end equal whoever acts when', () => {
    const property = fc.property(fc.nat(), fc.integer({ min: 2, max: 4 }), scripts(5, 30), (seed, devices, script) => {
      const world = new SimWorld({ devices });
      const chance = chanceOf(seed);
      for (const step of script) {
        if ('cycle' in step) deviceOf(world, step.cycle).cycle(chance);
        else world.act(step);
      }
      world.rest(chance);
      expectEqualCopies(world);
    });
    check(3000, property);
  });
});

describe('crashes', () => {
  it('[K01] [F16] [SA-1] [SA-2] end equal when cycles stop after any operation', () => {
    const property = fc.property(fc.nat(), scripts(3, 26), (seed, script) => {
      const world = new SimWorld({ devices: 2 });
      const chance = chanceOf(seed);
      play(world, script, { chance });
      world.rest(chance);
      expectEqualCopies(world);
    });
    check(3000, property);
  });

  it('[K05] [SY-16] end equal when all state is lost in between', () => {
    const property = fc.property(fc.nat(), scripts(3, 26), (seed, script) => {
      const world = new SimWorld({ devices: 2 });
      const chance = chanceOf(seed);
      play(world, script, { chance, losesState: true });
      world.rest(chance);
      expectEqualCopies(world);
    });
    check(3000, property);
  });

  it('[K03] [R04] [SA-1] [SA-2] end equal when answers are lost after the work was done', () => {
    const property = fc.property(fc.nat(), scripts(3, 26), (seed, script) => {
      const world = new SimWorld({ devices: 2 });
      const chance = chanceOf(seed);
      play(world, script, { chance, losesAnswers: true });
      world.rest(chance);
      expectEqualCopies(world);
    });
    check(3000, property);
  });

  it('[SY-37] [K03] [R04] [SA-1] [SA-2] end equal when it happens between the slices of what is new', () => {
    const property = fc.property(fc.nat(), scripts(3, 26), fc.boolean(), (seed, script, losesAnswers) => {
      const world = new SimWorld({ devices: 2, newsAtOnce: 0 });
      const chance = chanceOf(seed);
      play(world, script, { chance, losesAnswers });
      world.rest(chance);
      expectEqualCopies(world);
    });
    check(2000, property);
  });

  it('[FI-4] [SY-16] deletes nothing while it recovers', () => {
    const property = fc.property(meetings, ({ seed, first, then }) => {
      const world = new SimWorld({ devices: 1 });
      const chance = chanceOf(seed);
      const device = deviceOf(world, 0);
      for (const act of first) world.act(act);
      world.rest(chance);
      for (const act of then) world.act(act);
      device.loseState();
      const ran = device.ran.length;
      world.rest(chance);
      expect(device.ran.slice(ran).filter((op) => op.op === 'cloudTrash' || op.op === 'localTrash')).toEqual([]);
      expectEqualCopies(world);
    });
    check(800, property);
  });

  it('[D24] [FI-4] [SA-1] [SY-16] end equal when state is lost, and keep nothing twice that is in the history', () => {
    const property = fc.property(meetings, ({ seed, first, then }) => {
      const world = new SimWorld({ devices: 1 });
      const chance = chanceOf(seed);
      const device = deviceOf(world, 0);
      const isKept = (id: string, token: string) => world.cloud.nodes.get(id)?.versions.includes(token) === true;
      device.policy = { ...device.policy, isKept };
      for (const act of first) world.act(act);
      world.rest(chance);
      for (const act of then) world.act(act);
      device.loseState();
      const before = new Set(device.disk.tokens());
      const ran = device.ran.length;
      world.rest(chance);
      for (const op of device.ran.slice(ran)) {
        if (op.op !== 'localSetAside' || op.why !== 'conflict') continue;
        // By what it is: copies in two folders may have one name.
        const copy = [...device.disk.files.values()].find((file) => BigInt(file.ino) === op.expect.fileId);
        expect(copy?.name).toBe(op.name);
        expect(isKept(op.original ?? '', copy?.token ?? '')).toBe(false);
      }
      const kept = new Set([...world.cloud.tokens(), ...device.disk.tokens()]);
      expect(before.difference(kept)).toEqual(new Set());
      expectEqualCopies(world);
    });
    check(800, property);
  });
});
