import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { AgentProcess } from '../agent/agent-process.ts';
import { Admin, signIn } from '../console/admin.ts';
import { ConsoleBox } from '../console/console-box.ts';
import type { ConsoleBoxOptions } from '../console/console-box.ts';

/** One console and any number of devices; `dispose` takes it all away. */
export class World {
  readonly console: ConsoleBox;
  readonly admin: Admin;
  readonly folder: string;
  readonly #agents: AgentProcess[] = [];

  private constructor(console: ConsoleBox, admin: Admin, folder: string) {
    this.console = console;
    this.admin = admin;
    this.folder = folder;
  }

  static async start(options: ConsoleBoxOptions = {}): Promise<World> {
    const console = await ConsoleBox.start(options);
    const { url, enterpriseCode, adminEmail, adminPassword } = console.bootstrap;
    const api = await signIn({ url, enterpriseCode, email: adminEmail, password: adminPassword });
    return new World(console, new Admin(api), await mkdtemp(join(tmpdir(), 'tideline-world-')));
  }

  /** A path for a local folder or file of this world. */
  path(...names: readonly string[]): string {
    return join(this.folder, ...names);
  }

  /** A new device, not enrolled. */
  device(name: string, env: Readonly<Record<string, string>> = {}): AgentProcess {
    const agent = new AgentProcess(this.path('devices', name, 'home'), env);
    this.#agents.push(agent);
    return agent;
  }

  /** An enrolled device of a person, its agent running. By default the admin's, who has a personal space. */
  async agent(name: string, email: string = this.console.bootstrap.adminEmail): Promise<AgentProcess> {
    const agent = this.device(name);
    await agent.enroll(this.console.url, this.console.bootstrap.enrollmentToken, email);
    await agent.start();
    return agent;
  }

  async dispose(): Promise<void> {
    await Promise.all(this.#agents.map((agent) => agent.stop()));
    await this.console.dispose();
    await rm(this.folder, { recursive: true, force: true, maxRetries: 5, retryDelay: 100 });
  }
}

/**
 * Until everybody has what everybody did: the second round brings back what the first one's conflicts made.
 * Throws when a device does not get there.
 */
export async function settle(agents: readonly AgentProcess[], rounds = 2): Promise<void> {
  for (let round = 0; round < rounds; round += 1) {
    for (const agent of agents) {
      const code = await agent.wait();
      if (code !== 0) throw new Error(`wait → ${code}: ${JSON.stringify(await agent.status())}\n${agent.output}`);
    }
  }
}
