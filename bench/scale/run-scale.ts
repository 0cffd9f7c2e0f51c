import { cpSync, existsSync, readFileSync, readdirSync, rmSync } from 'node:fs';
import { loadavg } from 'node:os';
import { join } from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';
import { World, type AgentProcess } from '@tideline/testing';
import { enrollDevice } from '../drive/device-client.ts';
import { toTable, type BenchRow } from '../drive/row.ts';
import { openDatabase } from '../drive/scene.ts';
import { UsageMeter } from '../usage.ts';
import { measurePlan } from './measure-plan.ts';
import { measureRescan } from './measure-rescan.ts';
import { plantCloud } from './plant-cloud.ts';
import { plantFiles } from './tree-plan.ts';

export type ScaleOptions = {
  readonly files: number;
  /** A folder that is kept for the next run; empty: a temporary one. */
  readonly tree: string;
  readonly idleSeconds: number;
};

const CLOUD_FOLDER = 'Scale';
const LINK_SECONDS = 7200;
const POLL_MS = 20;

type Scene = { readonly world: World; readonly agent: AgentProcess; readonly root: string; readonly files: number };

/** One agent with a large tree that the cloud holds already: nothing has to travel, everything has to be known. */
export async function runScale(options: ScaleOptions): Promise<void> {
  const { files, idleSeconds } = options;
  const load = loadavg()[0] ?? 0;
  const world = await World.start();
  try {
    const root = options.tree === '' ? world.path('tree') : options.tree;
    plantFiles(root, files);
    await plantSameInCloud(world, files);
    const agent = await world.agent('one');
    const bare = await idle(agent, 5);
    const scene: Scene = { world, agent, root, files };
    const rows: BenchRow[] = [await firstLink(scene)];
    rows.push(...(await restart(scene)), await idleRow(scene, { idleSeconds, bare }));
    await agent.stop();
    rows.push(...(await withJournal(scene)));
    console.log(toTable(rows));
    for (const row of rows) console.log(JSON.stringify(row));
    console.error(`load of the machine before ${load.toFixed(1)}, after ${(loadavg()[0] ?? 0).toFixed(1)}`);
  } finally {
    rmSync(join(options.tree, '.tideline~sync'), { recursive: true, force: true });
    await world.dispose();
  }
}

async function plantSameInCloud(world: World, files: number): Promise<void> {
  const { enrollmentToken: token, adminEmail: email } = world.console.bootstrap;
  const device = await enrollDevice({ url: world.console.url, token, email, name: 'planter' });
  const database = await openDatabase(world.console);
  await plantCloud(database, device, { name: CLOUD_FOLDER, files });
  await database.end();
}

async function firstLink({ agent, root, files }: Scene): Promise<BenchRow> {
  const meter = new UsageMeter(agent.pid ?? 0);
  const startedAt = performance.now();
  await agent.createTask({ local: root, cloud: `personal:/${CLOUD_FOLDER}` });
  const peaks = setInterval(() => meter.sample(), 1000);
  const code = await agent.wait(LINK_SECONDS);
  clearInterval(peaks);
  const seconds = (performance.now() - startedAt) / 1000;
  const { cpuSeconds, peakMiB } = meter.result();
  const [task] = (await agent.status()).tasks;
  const isLinked = code === 0 && task?.verified === true;
  return {
    work: `first link of two equal trees of ${files.toLocaleString('en')} files`,
    aim: 'no bytes travel',
    measured: `${seconds.toFixed(1)} s, ${cpuSeconds.toFixed(1)} s of CPU, peak RSS ${peakRssMiB(agent)} MiB, PSS ${peakMiB}${isLinked ? '' : `; ended as ${task?.status}`}`,
    isMet: isLinked,
  };
}

async function restart({ agent, files }: Scene): Promise<BenchRow[]> {
  await agent.stop();
  const aimSeconds = files > 100_000 ? 20 : 3;
  const meter = await startTimed(agent);
  const watching = await meter.until(() => logged(agent, 'watching', meter.startedAtMs));
  await agent.wait(LINK_SECONDS);
  const checked = meter.seconds();
  const { cpuSeconds, peakMiB } = meter.usage.result();
  return [
    {
      work: 'start of the agent until it watches',
      aim: `≤ ${aimSeconds} s`,
      measured: `${watching.toFixed(2)} s`,
      isMet: watching <= aimSeconds,
    },
    {
      work: '… until it has looked at everything and says so',
      aim: '-',
      measured: `${checked.toFixed(1)} s, ${cpuSeconds.toFixed(1)} s of CPU, peak RSS ${peakRssMiB(agent)} MiB, PSS ${peakMiB} until it watches`,
      isMet: true,
    },
  ];
}

async function startTimed(agent: AgentProcess) {
  const startedAtMs = Date.now();
  const startedAt = performance.now();
  const seconds = (): number => (performance.now() - startedAt) / 1000;
  await agent.start();
  const usage = new UsageMeter(agent.pid ?? 0);
  const until = async (isSo: () => boolean): Promise<number> => {
    while (!isSo()) {
      if (seconds() > LINK_SECONDS) throw new Error('it took too long');
      usage.sample();
      await delay(POLL_MS);
    }
    return seconds();
  };
  return { startedAtMs, seconds, until, usage };
}

function logged(agent: AgentProcess, event: string, sinceMs: number): boolean {
  const path = join(agent.home, 'logs', 'agent.log');
  if (!existsSync(path)) return false;
  const lines = readFileSync(path, 'utf8').trimEnd().split('\n');
  return lines
    .map((line) => JSON.parse(line) as { readonly event: string; readonly time: number })
    .some((line) => line.event === event && line.time >= sinceMs);
}

type Idle = { readonly peakMiB: number; readonly rssMiB: number; readonly cpuShare: number };

async function idle(agent: AgentProcess, seconds: number): Promise<Idle> {
  await delay(45_000); // the heap is given back after 5 s, and workers that nobody needs end after 30 s
  const meter = new UsageMeter(agent.pid ?? 0);
  const startedAt = performance.now();
  await delay(seconds * 1000);
  meter.sample();
  const { cpuSeconds, peakMiB } = meter.result();
  return { peakMiB, rssMiB: rssMiB(agent), cpuShare: cpuSeconds / ((performance.now() - startedAt) / 1000) };
}

const rssMiB = (agent: AgentProcess): number => statusMiB(agent, 'VmRSS');
const peakRssMiB = (agent: AgentProcess): number => statusMiB(agent, 'VmHWM');

function statusMiB({ pid }: AgentProcess, field: 'VmRSS' | 'VmHWM'): number {
  const status = readFileSync(`/proc/${pid}/status`, 'utf8');
  return Math.round(Number(new RegExp(`^${field}:\\s+(\\d+)`, 'm').exec(status)?.[1] ?? 0) / 1024);
}

async function idleRow({ agent, files }: Scene, of: { idleSeconds: number; bare: Idle }): Promise<BenchRow> {
  const { peakMiB, rssMiB, cpuShare } = await idle(agent, of.idleSeconds);
  const aimMiB = files > 100_000 ? 350 : 130;
  return {
    work: `agent idle for ${of.idleSeconds} s with ${files.toLocaleString('en')} files`,
    aim: `≤ ${aimMiB} MiB, < 0.5 % CPU`,
    measured: `RSS ${rssMiB} MiB, PSS ${peakMiB}, ${(cpuShare * 100).toFixed(2)} % (without a task ${of.bare.rssMiB}, ${of.bare.peakMiB})`,
    isMet: rssMiB <= aimMiB && cpuShare < 0.005,
  };
}

/** What needs no server: on a copy of the journal that the agent made. */
async function withJournal({ world, agent, root, files }: Scene): Promise<BenchRow[]> {
  const tasks = join(agent.home, 'tasks');
  const folder = world.path('journal');
  cpSync(join(tasks, readdirSync(tasks)[0] ?? ''), folder, { recursive: true });
  const journalPath = join(folder, 'journal.db');
  return [await measureRescan({ root, journalPath, files }), ...measurePlan(journalPath)];
}
