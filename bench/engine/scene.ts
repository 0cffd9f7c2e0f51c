import { mkdirSync } from 'node:fs';
import { setTimeout as delay } from 'node:timers/promises';
import { World, differences } from '@tideline/testing';
import type { AgentProcess } from '@tideline/testing';
import { UsageMeter, type Usage } from '../usage.ts';

const TIMEOUT_MS = 900_000;
const CLOUD = 'personal:/Bench';

export type Measured = {
  readonly seconds: number;
  readonly console: Usage;
  readonly agentA: Usage;
  readonly agentB: Usage;
};

export type SceneOptions = {
  /** Folder for CPU profiles of every process and worker; empty: none, since profiling costs time. */
  readonly profileFolder: string;
};

/** A console with its PostgreSQL and two devices of one person, on this machine; A's folder and B's meet in one cloud folder. */
export class EngineScene {
  readonly world: World;
  readonly a: AgentProcess;
  readonly b: AgentProcess;
  readonly rootA: string;
  readonly rootB: string;

  private constructor(world: World, agents: { readonly a: AgentProcess; readonly b: AgentProcess }) {
    this.world = world;
    this.a = agents.a;
    this.b = agents.b;
    this.rootA = world.path('A');
    this.rootB = world.path('B');
    mkdirSync(this.rootA, { recursive: true });
  }

  /** B's task is there and at rest; A has none yet. */
  static async open({ profileFolder }: SceneOptions): Promise<EngineScene> {
    const world = await World.start({ env: profiled(profileFolder, 'console') });
    const start = async (name: string) => {
      const agent = world.device(name, profiled(profileFolder, name));
      const { url, bootstrap } = world.console;
      await agent.enroll(url, bootstrap.enrollmentToken, bootstrap.adminEmail);
      await agent.start();
      return agent;
    };
    const scene = new EngineScene(world, { a: await start('a'), b: await start('b') });
    await scene.b.createTask({ local: scene.rootB, cloud: CLOUD });
    await scene.b.wait();
    return scene;
  }

  async linkA(): Promise<void> {
    await this.a.createTask({ local: this.rootA, cloud: CLOUD });
  }

  /** One more device that takes part with a folder of its own. */
  async link(agent: AgentProcess, local: string): Promise<void> {
    await agent.createTask({ local, cloud: CLOUD });
  }

  /** From `act` until `isThere` holds; then waits until both say that they are up to date, and compares the trees. */
  async measure(act: () => void | Promise<void>, isThere: () => boolean, pollMs = 50): Promise<Measured> {
    const meters = [this.world.console.pid, this.a.pid ?? 0, this.b.pid ?? 0].map((pid) => new UsageMeter(pid));
    const sample = everySecond(() => meters.forEach((meter) => meter.sample()));
    const startedAt = performance.now();
    await act();
    while (!isThere()) {
      if (performance.now() - startedAt > TIMEOUT_MS) throw new Error(`not there after ${TIMEOUT_MS / 1000} s`);
      sample();
      await delay(pollMs);
    }
    const seconds = (performance.now() - startedAt) / 1000;
    const [console, agentA, agentB] = meters.map((meter) => meter.result()) as [Usage, Usage, Usage];
    await this.settle();
    return { seconds, console, agentA, agentB };
  }

  async settle(): Promise<void> {
    for (const agent of [this.a, this.b]) {
      const code = await agent.wait(100);
      if (code !== 0) throw new Error(`wait → ${code}: ${JSON.stringify(await agent.status())}`);
    }
    const different = differences(this.rootA, this.rootB);
    if (different.length > 0) throw new Error(`the trees differ: ${different.slice(0, 5).join('; ')}`);
  }

  async close(): Promise<void> {
    await this.world.dispose();
  }
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

function profiled(folder: string, name: string): Readonly<Record<string, string>> {
  return folder === '' ? {} : { NODE_OPTIONS: `--cpu-prof --cpu-prof-dir=${folder}/${name}` };
}
