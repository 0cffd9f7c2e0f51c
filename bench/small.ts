import { mkdirSync, readdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';
import { Chance, World, differences } from '@tideline/testing';
import type { AgentProcess } from '@tideline/testing';
import { UsageMeter } from './usage.ts';
import type { Usage } from './usage.ts';

const FILES_PER_FOLDER = 100;
const POLL_MS = 200;
const TIMEOUT_MS = 600_000;
const CLOUD = 'personal:/Bench';

export type SmallOptions = { readonly files: number; readonly sizeBytes: number };
export type SmallResult = SmallOptions & {
  readonly seconds: number;
  /** When the first file, half of them and all of them were on B, and when A said that it is up to date; from A's task on. */
  readonly firstOnB: number;
  readonly halfOnB: number;
  readonly upToDateA: number;
  readonly console: Usage;
  readonly agentA: Usage;
  readonly agentB: Usage;
};

/** From A's first scan of a full folder until B has it all. */
export async function runSmall(options: SmallOptions): Promise<SmallResult> {
  const world = await World.start();
  try {
    const [a, b] = [await world.agent('a'), await world.agent('b')];
    const [rootA, rootB] = [world.path('A'), world.path('B')];
    plant(rootA, options);
    await b.createTask({ local: rootB, cloud: CLOUD });
    await b.wait();
    const result = await measure({ world, a, b, rootA, rootB }, options);
    const different = differences(rootA, rootB);
    if (different.length > 0) throw new Error(`the trees differ: ${different.slice(0, 5).join('; ')}`);
    return result;
  } finally {
    await world.dispose();
  }
}

type Scene = {
  readonly world: World;
  readonly a: AgentProcess;
  readonly b: AgentProcess;
  readonly rootA: string;
  readonly rootB: string;
};

async function measure(scene: Scene, options: SmallOptions): Promise<SmallResult> {
  const { world, a, b, rootA } = scene;
  const meters = [world.console.pid, a.pid ?? 0, b.pid ?? 0].map((pid) => new UsageMeter(pid));
  const startedAt = performance.now();
  const elapsed = () => Math.round(performance.now() - startedAt) / 1000;
  await a.createTask({ local: rootA, cloud: CLOUD });
  const upToDateA = a.wait(TIMEOUT_MS / 1000).then(elapsed);
  const sample = everySecond(() => meters.forEach((meter) => meter.sample()));
  const arrived = async (count: number) => {
    while (countFiles(scene.rootB) < count) {
      if (elapsed() * 1000 > TIMEOUT_MS) throw new Error(`B has not ${count} files after ${TIMEOUT_MS / 1000} s`);
      sample();
      await delay(POLL_MS);
    }
    return elapsed();
  };
  const firstOnB = await arrived(1);
  const halfOnB = await arrived(options.files / 2);
  const seconds = await arrived(options.files);
  const [console, agentA, agentB] = meters.map((meter) => meter.result()) as [Usage, Usage, Usage];
  return { ...options, seconds, firstOnB, halfOnB, upToDateA: await upToDateA, console, agentA, agentB };
}

/** Reading the memory of a process costs tens of milliseconds: more often, and the measurement would be what is measured. */
function everySecond(work: () => void): () => void {
  let nextAt = 0;
  return () => {
    if (performance.now() < nextAt) return;
    work();
    nextAt = performance.now() + 1000;
  };
}

function plant(root: string, { files, sizeBytes }: SmallOptions): void {
  const chance = new Chance(1);
  for (let number = 0; number < files; number += 1) {
    const folder = join(root, `d${String(Math.floor(number / FILES_PER_FOLDER)).padStart(5, '0')}`);
    if (number % FILES_PER_FOLDER === 0) mkdirSync(folder, { recursive: true });
    writeFileSync(join(folder, `f${number}.dat`), chance.bytes(sizeBytes));
  }
}

/** Files in place; those that are still being written lie below the marker's folder. */
function countFiles(root: string): number {
  return readdirSync(root, { withFileTypes: true }).reduce((sum, entry) => {
    if (entry.name.startsWith('.tideline')) return sum;
    return sum + (entry.isDirectory() ? countFiles(join(root, entry.name)) : 1);
  }, 0);
}
