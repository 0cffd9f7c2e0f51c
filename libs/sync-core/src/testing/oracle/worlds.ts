import { chanceOf } from '../generators.ts';
import type { Chance } from '../sim-device.ts';
import {
  baseTrees,
  carriedOut,
  deedsIn,
  namesFor,
  reachable,
  type Reached,
  type SmallWorld,
  type Tree,
} from './small-world.ts';

/** All worlds with so many nodes in base and at most so many deeds on each side. */
export type Tier = { readonly nodes: number; readonly deeds: number };
export type WorldCase = {
  readonly index: number;
  readonly base: Tree;
  readonly here: Reached;
  readonly there: Reached;
};

type Block = { readonly base: Tree; readonly here: readonly Reached[]; readonly there: readonly Reached[] };

/** Counts off every `total / count`-th world of a tier, from `offset` on; all of them when there are no more than `count`. */
export function* worldsOf(tier: Tier, { count, offset }: { count: number; offset: number }): Generator<WorldCase> {
  const blocks = blocksOf(tier);
  const total = blocks.reduce((sum, { here, there }) => sum + here.length * there.length, 0);
  const step = count >= total ? 1 : total / count;
  for (let at = (offset % 1000) / 1000; at < Math.min(count, total); at++) {
    const index = Math.floor(at * step);
    const found = worldAt(blocks, index);
    if (found) yield { index, ...found };
  }
}

/** Where there are too many worlds to count off: so many of them, by chance. A world is found again by its index. */
export function* strollsIn(tier: Tier, { count, offset }: { count: number; offset: number }): Generator<WorldCase> {
  const bases = baseTrees(tier.nodes);
  for (let index = offset; index < offset + count; index++) {
    const chance = chanceOf(index);
    const base = bases[chance(bases.length)];
    if (!base) return;
    yield { index, base, here: stroll(base, 'h', { tier, chance }), there: stroll(base, 't', { tier, chance }) };
  }
}

function stroll(base: Tree, prefix: string, { tier, chance }: { tier: Tier; chance: Chance }): Reached {
  let reached: Reached = { tree: base, deeds: [] };
  for (let step = chance(tier.deeds) + 1; step > 0; step--) {
    const deeds = deedsIn(reached.tree, { names: namesFor(base), newId: prefix + (reached.deeds.length + 1) });
    const deed = deeds[chance(deeds.length)];
    if (deed) reached = { tree: carriedOut(reached.tree, deed), deeds: [...reached.deeds, deed] };
  }
  return reached;
}

const known = new Map<string, readonly Block[]>();

function blocksOf(tier: Tier): readonly Block[] {
  const key = `${tier.nodes} ${tier.deeds}`;
  const blocks = known.get(key) ?? makeBlocks(tier);
  known.set(key, blocks);
  return blocks;
}

function makeBlocks({ nodes, deeds }: Tier): Block[] {
  return baseTrees(nodes).map((base) => {
    const names = nodes === 0 ? ['a', 'n'] : namesFor(base);
    const here = reachable(base, { names, prefix: 'h', deeds });
    return { base, here, there: reachable(base, { names, prefix: 't', deeds }) };
  });
}

function worldAt(blocks: readonly Block[], index: number): Omit<WorldCase, 'index'> | null {
  let left = index;
  for (const { base, here, there } of blocks) {
    const size = here.length * there.length;
    const [ours, theirs] = [here[Math.floor(left / there.length)], there[left % there.length]];
    if (left < size) return ours && theirs ? { base, here: ours, there: theirs } : null;
    left -= size;
  }
  return null;
}

export function treesOf({ base, here, there }: WorldCase): SmallWorld {
  return { base, here: here.tree, there: there.tree };
}

/** What to put into a test of its own when a world went wrong. */
export function tell({ base, here, there }: WorldCase): string {
  const rows = [...base].map(([id, at]) => `${id} ${at.parent}/${at.name}${at.content === null ? '/' : ''}`);
  return JSON.stringify({ base: rows, here: here.deeds, there: there.deeds });
}
