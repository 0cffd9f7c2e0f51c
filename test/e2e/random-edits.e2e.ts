import { mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { Chance, World, differences, mutateOnce, readTree, settle } from '@tideline/testing';
import type { AgentProcess } from '@tideline/testing';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';

const EDITS = 200;
const EDITS_PER_ROUND = 10;
/** After which rounds which agent is killed; it comes back a round later, having missed what happened meanwhile. */
const KILLS = new Map([
  [3, 0],
  [8, 1],
  [12, 0],
  [16, 1],
]);
const SEEDS = (process.env['TIDELINE_SEEDS'] ?? '11,22,33').split(',').map(Number);

let world: World;
beforeAll(async () => {
  world = await World.start();
});
afterAll(() => world?.dispose());

describe.each(SEEDS)('seed %i', (seed) => {
  test(`[SA-2] ${EDITS} random edits on both sides and four kill -9 of agents end in equal trees`, async () => {
    const chance = new Chance(seed);
    const roots = [world.path(`${seed}`, 'A'), world.path(`${seed}`, 'B')] as const;
    const agents = [await startAgent(seed, 'a'), await startAgent(seed, 'b')] as const;
    plantTree(roots[0], chance);
    for (const [index, agent] of agents.entries()) {
      await agent.createTask({ local: roots[index as 0 | 1], cloud: `personal:/seed ${seed}` });
    }
    await settle(agents);
    const log = await editAtRandom({ agents, roots, chance });
    try {
      await settle(agents, 3);
      expect(differences(...roots)).toEqual([]);
    } catch (error) {
      console.log(`seed ${seed}, what was done:\n${log.join('\n')}`);
      throw error;
    }
    expect([...readTree(roots[0])].length).toBeGreaterThan(50);
    for (const agent of agents) await agent.stop();
  });
});

async function startAgent(seed: number, name: string): Promise<AgentProcess> {
  return world.agent(`${name}-${seed}`);
}

function plantTree(root: string, chance: Chance): void {
  for (let number = 0; number < 300; number += 1) {
    const folder = join(root, `folder ${number % 17}`, number % 3 === 0 ? 'deeper' : '');
    mkdirSync(folder, { recursive: true });
    writeFileSync(join(folder, `file ${number}.txt`), chance.text(chance.below(5000)));
  }
}

type Game = {
  readonly agents: readonly [AgentProcess, AgentProcess];
  readonly roots: readonly [string, string];
  readonly chance: Chance;
};

/** Edits both sides in rounds; the agents work meanwhile, as they are asked for their status between the rounds. */
async function editAtRandom(game: Game): Promise<readonly string[]> {
  const log: string[] = [];
  let killed: AgentProcess | undefined;
  for (let round = 0; round < EDITS / EDITS_PER_ROUND; round += 1) {
    for (let edit = 0; edit < EDITS_PER_ROUND; edit += 1) log.push(editOnce(game));
    await killed?.start();
    killed = game.agents[KILLS.get(round) ?? -1];
    await killed?.killHard();
    if (killed) log.push(`kill -9 of ${killed.home}`);
    await Promise.all(game.agents.filter((agent) => agent !== killed).map((agent) => agent.status()));
  }
  await killed?.start();
  return log;
}

function editOnce({ roots, chance }: Game): string {
  const side = chance.below(2) as 0 | 1;
  return `${side === 0 ? 'A' : 'B'} ${mutateOnce(roots[side], chance)}`;
}
