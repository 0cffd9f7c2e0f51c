import fc from 'fast-check';
import { afterEach, describe, expect, it, vi } from 'vitest';
import type { CloudOp, LocalOp, Plan } from '../model/plan.ts';
import { ROOT_ID } from '../model/tree.ts';
import { chanceOf, foldersOnTheMove, meetings, type Meeting } from '../testing/generators.ts';
import { judge, worldsOf, type Setting } from '../testing/oracle/index.ts';
import { carriedOut, TOP, type Reached, type Tree } from '../testing/oracle/small-world.ts';
import type { Decide } from '../testing/sim-device.ts';
import { SimWorld } from '../testing/sim-world.ts';
import type { Entity, Facts } from './scene-types.ts';
import type { Target, TargetTree } from './target.ts';

/** The properties have teeth: each of these wrong engines is caught by them. */
const CASES = 4000;
const SEED = 20260101;

function isCaught(decide: Decide, among = meetings, numRuns = CASES): boolean {
  const property = fc.property(among, fc.nat({ max: 6 }), (meeting, after) => isRight(decide, meeting, after));
  return fc.check(property, { numRuns, seed: SEED, endOnFailure: true }).failed;
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

type Answer = { t: string; rule?: string; content?: string; anew?: boolean; [place: string]: unknown };
const mergedBy = (change: (target: Answer, facts: Facts) => Answer) =>
  decideWith('./merge-both.ts', ({ mergeBoth }) => ({
    mergeBoth: (facts: Facts, ...given: unknown[]) =>
      change((mergeBoth as (...all: unknown[]) => Answer)(facts, ...given), facts),
  }));

/** Upload mode, with another answer to what became of a node. */
const uploadedBy = (change: (target: Answer, facts: Facts) => Answer) =>
  decideWith('./merge-upload.ts', ({ UploadMerge }) => ({
    UploadMerge: class extends (UploadMerge as new (...given: unknown[]) => { decide(entity: Entity): void }) {
      readonly #tree: TargetTree;
      constructor(tree: TargetTree, policy: unknown) {
        super(tree, policy);
        this.#tree = tree;
      }
      override decide(entity: Entity): void {
        if (this.#tree.has(entity)) return;
        super.decide(entity);
        const facts = this.#tree.scene.facts(entity);
        this.#tree.set(entity, change(this.#tree.get(entity), facts) as unknown as Target);
      }
    },
  }));

/** The tables of the design find it out in a small world (engine.md 4.4). */
function isCaughtByTables(decide: Decide, setting: Setting): boolean {
  const tiers = [
    { nodes: 2, deeds: 1 },
    { nodes: 1, deeds: 2 },
    { nodes: 2, deeds: 2 },
  ];
  return tiers.some((tier) => {
    for (const world of worldsOf(tier, { count: 600, offset: SEED }))
      if (judge(world, { ...setting, decide })) return true;
    return false;
  });
}

const BOTH: Setting = { policy: { conflict: 'copy' } };
const UPLOAD: Setting = { policy: { mode: 'upload' } };
const UPLOAD_AND_DELETE: Setting = { policy: { mode: 'upload', propagateDeletes: true } };

describe('a wrong engine', () => {
  afterEach(() => vi.resetModules());

  it('[SY-1] is not seen in the right one', async () => {
    const { decide } = await import('./decide.ts');
    expect(isCaught(decide, meetings, 1500)).toBe(false);
    expect(isCaught(decide, foldersOnTheMove, 1500)).toBe(false);
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

describe('a wrong engine among small worlds', () => {
  afterEach(() => vi.resetModules());

  it.each([BOTH, UPLOAD, UPLOAD_AND_DELETE])('[SY-1] is not seen in the right one: %j', async (setting) => {
    const { decide } = await import('./decide.ts');
    expect(isCaughtByTables(decide, setting)).toBe(false);
  });

  it('[SY-5] [M07] is caught when the place here holds against the one in the cloud', async () => {
    const decide = await mergedBy((target, { local }) =>
      target.rule === 'SY-5' && local.t === 'present'
        ? { ...target, parent: local.parent, localName: local.name, cloudName: local.name, placedBy: 'local' }
        : target,
    );
    expect(isCaughtByTables(decide, BOTH)).toBe(true);
  });

  it('[SY-11] [M12] is caught when a loop is broken by putting a folder to the top instead of undoing a move', async () => {
    const decide = await decideWith('./break-loop.ts', ({ breakLoop }) => ({
      breakLoop: (tree: TargetTree, ...rest: unknown[]) => {
        const before = new Map(tree.entities().map((entity) => [entity, tree.get(entity)]));
        const broke = (breakLoop as (...all: unknown[]) => boolean)(tree, ...rest);
        for (const [entity, was] of before) {
          const now = tree.get(entity);
          if (now !== was && now.t === 'kept' && now.rule === 'SY-11') tree.set(entity, { ...now, parent: ROOT_ID });
        }
        return broke;
      },
    }));
    const rows = [
      ['p', TOP],
      ['a', 'p'],
      ['b', 'p'],
    ] as const;
    const base = new Map(rows.map(([name, parent]) => [name, { parent, name, content: null }]));
    const intoEachOther = {
      ...{ index: 0, base },
      here: moved(base, { id: 'a', parent: 'b' }),
      there: moved(base, { id: 'b', parent: 'a' }),
    };
    vi.resetModules();
    const { decide: right } = await import('./decide.ts');
    expect(judge(intoEachOther, { ...BOTH, decide: right })).toBe(null);
    expect(judge(intoEachOther, { ...BOTH, decide })).not.toBe(null);
  });

  it('[SY-7] is caught when what a moved folder holds goes with the delete of the other side', async () => {
    const decide = await decideWith('./moved-folders.ts', () => ({ keepWhatMovedFoldersHold: () => undefined }));
    expect(isCaughtByTables(decide, BOTH)).toBe(true);
  });

  it('[BI-4] [SY-6] is caught when equal bytes are a conflict', async () => {
    const decide = await mergedBy((target, { local, cloud, row, kind }) => {
      const isNew = local.t === 'present' && cloud.t === 'present' && (!row || row.contentId !== cloud.contentId);
      return kind === 'file' && isNew && target.content === 'same' ? { ...target, content: 'conflict' } : target;
    });
    expect(isCaughtByTables(decide, BOTH)).toBe(true);
  });

  it('[SY-20] [SA-3] is caught when upload mode does what both sides would', async () => {
    const { decide } = await import('./decide.ts');
    const both: Decide = (trees, policy, ids) => decide(trees, { ...policy, mode: 'bidirectional' }, ids);
    expect(isCaughtByTables(both, UPLOAD)).toBe(true);
  });

  it('[SY-22] [UP-4] is caught when upload mode deletes without the switch', async () => {
    const decide = await uploadedBy((target) => (target.t === 'detached' ? { t: 'gone', rule: 'SY-23' } : target));
    expect(isCaughtByTables(decide, UPLOAD)).toBe(true);
  });

  it('[SY-23] [UP-4] is caught when upload mode deletes nothing with the switch', async () => {
    const decide = await uploadedBy((target) => (target.rule === 'SY-23' ? { t: 'detached', rule: 'SY-22' } : target));
    expect(isCaughtByTables(decide, UPLOAD_AND_DELETE)).toBe(true);
  });

  it('[SY-22] [O14] is caught when upload mode deletes a folder in which others keep something', async () => {
    const { decide } = await import('./decide.ts');
    const hasty: Decide = (...given) => {
      const plan = decide(...given);
      return { ...plan, cloud: [...plan.cloud, ...trashOfDetached(plan)] };
    };
    expect(isCaughtByTables(hasty, UPLOAD_AND_DELETE)).toBe(true);
  });

  it('[SY-21] [UP-7] is caught when upload mode moves back what somebody moved in the cloud', async () => {
    const decide = await uploadedBy((target) => (target.rule === 'SY-21' ? { ...target, anew: false } : target));
    expect(isCaughtByTables(decide, UPLOAD)).toBe(true);
  });

  it('[SY-21] [UP-6] is caught when upload mode puts an untouched file over an edit in the cloud', async () => {
    const decide = await uploadedBy((target, { local, cloud }) => {
      const isForeign = local.t === 'present' && cloud.t === 'present' && local.contentId !== cloud.contentId;
      return target.t === 'kept' && isForeign ? { ...target, content: 'local' } : target;
    });
    expect(isCaughtByTables(decide, UPLOAD)).toBe(true);
  });
});

function moved(tree: Tree, to: { id: string; parent: string }): Reached {
  const deed = { do: 'move', ...to, name: to.id } as const;
  return { tree: carriedOut(tree, deed), deeds: [deed] };
}

function trashOfDetached({ base }: Plan): CloudOp[] {
  return base.flatMap((op): CloudOp[] => {
    if (op.op !== 'link' || op.row.state !== 'detached' || op.row.kind !== 'folder') return [];
    const { id, cloudId, rev } = op.row;
    return [
      { op: 'cloudTrash', opId: `hasty-${id}`, ids: [id], id, cloudId, ifMatch: rev, ifSubtreeSeq: null, sinceMs: 0 },
    ];
  });
}

function overwriteFirst(local: readonly LocalOp[]): readonly LocalOp[] {
  return local
    .map((op) => {
      const aside = local.find((other) => other.op === 'localSetAside' && 'id' in op && other.key === op.id);
      if (op.op !== 'localDownload' || aside?.op !== 'localSetAside') return op;
      return { ...op, after: [], replaces: aside.expect };
    })
    .sort((a, b) => Number(a.op === 'localSetAside') - Number(b.op === 'localSetAside'));
}
