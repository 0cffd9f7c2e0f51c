import fc from 'fast-check';
import { afterEach, describe, expect, it, vi } from 'vitest';
import type { LocalOp } from '../model/plan.ts';
import { chanceOf, foldersOnTheMove, meetings, type Meeting } from '../testing/generators.ts';
import type { Decide } from '../testing/sim-device.ts';
import { SimWorld } from '../testing/sim-world.ts';

/** The properties have teeth: each of these wrong engines is caught by them. */
const CASES = 4000;
const SEED = 20260101;

function isCaught(decide: Decide, among = meetings): boolean {
  const property = fc.property(among, fc.nat({ max: 6 }), (meeting, after) => isRight(decide, meeting, after));
  return fc.check(property, { numRuns: CASES, seed: SEED, endOnFailure: true }).failed;
}

/** A device crashes in its first cycle, goes on, and must end equal with the drive, with all that was written standing somewhere. */
function isRight(decide: Decide, { seed, first, then }: Meeting, after: number): boolean {
  const world = new SimWorld({ devices: 1, decide });
  const chance = chanceOf(seed);
  for (const act of first) world.act(act);
  world.rest(chance);
  const before = world.liveTokens();
  for (const act of then) world.act(act);
  const written = [...world.liveTokens()].filter((token) => !before.has(token));
  for (const device of world.devices) device.cycle(chance, { after });
  for (const device of world.devices) device.restart();
  world.rest(chance);
  const live = world.liveTokens();
  return written.every((token) => live.has(token)) && world.lostTokens().length === 0 && isEqual(world);
}

function isEqual(world: SimWorld): boolean {
  const text = (paths: ReadonlyMap<string, string>) => JSON.stringify([...paths].sort());
  return world.devices.every(
    ({ disk, journal }) => text(disk.paths()) === text(world.cloud.paths()) && journal.localOverlay().size === 0,
  );
}

async function decideWith(
  file: string,
  mutate: (module: Record<string, unknown>) => Record<string, unknown>,
): Promise<Decide> {
  vi.resetModules();
  vi.doMock(file, async (original) => ({ ...(await original<object>()), ...mutate(await original()) }));
  const { decide } = await import('./decide.ts');
  vi.doUnmock(file);
  return decide;
}

type Answer = { t: string; rule?: string; content?: string };
const mergedBy = (change: (target: Answer) => Answer) =>
  decideWith('./merge-both.ts', ({ mergeBoth }) => ({
    mergeBoth: (...given: unknown[]) => change((mergeBoth as (...all: unknown[]) => Answer)(...given)),
  }));

describe('a wrong engine', () => {
  afterEach(() => vi.resetModules());

  it('[SY-1] is not seen in the right one', async () => {
    const { decide } = await import('./decide.ts');
    expect(isCaught(decide)).toBe(false);
    expect(isCaught(decide, foldersOnTheMove)).toBe(false);
  });

  it('[SY-7] [BI-5] is caught when a delete beats an edit', async () => {
    const decide = await mergedBy((target) => (target.rule === 'SY-7' ? { t: 'gone', rule: 'SY-8' } : target));
    expect(isCaught(decide)).toBe(true);
  });

  it('[SY-10] is caught when it does not keep the folders of what stays', async () => {
    expect(isCaught(await decideWith('./keep-folders.ts', () => ({ keepFolders: () => undefined })))).toBe(true);
  });

  it('[SY-11] [M12] is caught when it lets moves close a loop', async () => {
    const decide = await decideWith('./break-loop.ts', () => ({ breakLoop: () => false }));
    expect(isCaught(decide, foldersOnTheMove)).toBe(true);
  });

  it('[SY-6] [BI-4] is caught when it makes no conflict copy', async () => {
    const decide = await mergedBy((target) =>
      target.content === 'conflict' ? { ...target, content: 'cloud' } : target,
    );
    expect(isCaught(decide)).toBe(true);
  });

  it('[SY-12] [SY-13] is caught when it resolves no clash of names', async () => {
    const decide = await decideWith('./clashes.ts', ({ Clashes }) => ({
      Clashes: class extends (Clashes as new (...given: unknown[]) => { resolve(): void }) {
        override resolve(): void {
          // names clash
        }
      },
    }));
    expect(isCaught(decide)).toBe(true);
  });

  it('[SY-6] [SA-1] is caught when it overwrites a file before its copy is safe', async () => {
    const { decide } = await import('./decide.ts');
    const hasty: Decide = (...given) => {
      const plan = decide(...given);
      return { ...plan, local: overwriteFirst(plan.local) };
    };
    expect(isCaught(hasty)).toBe(true);
  });

  it('[SY-8] [SA-1] is caught when it trashes a file here whose bytes the cloud never had', async () => {
    const decide = await mergedBy((target) =>
      target.rule === 'SY-2' && target.content === 'local' ? { t: 'gone', rule: 'SY-8' } : target,
    );
    expect(isCaught(decide)).toBe(true);
  });
});

function overwriteFirst(local: readonly LocalOp[]): readonly LocalOp[] {
  return local
    .map((op) => {
      const aside = local.find((other) => other.op === 'localSetAside' && 'id' in op && other.key === op.id);
      if (op.op !== 'localDownload' || aside?.op !== 'localSetAside') return op;
      return { ...op, after: [], replaces: aside.expect };
    })
    .sort((a, b) => Number(a.op === 'localSetAside') - Number(b.op === 'localSetAside'));
}
