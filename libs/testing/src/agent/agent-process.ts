import { mkdir } from 'node:fs/promises';
import { join } from 'node:path';
import { AGENT_MAIN } from '../process/repository.ts';
import { StartedProcess } from '../process/started-process.ts';

const READY_MS = 60_000;
const COMMAND_MS = 120_000;

/** What one command of the agent's command line answered. `json` is undefined when it printed none. */
export type CommandAnswer = { readonly code: number; readonly text: string; readonly json: unknown };
export type TaskView = {
  readonly id: string;
  readonly status: string;
  readonly reason?: string;
  readonly pending: number;
  readonly failed: number;
  readonly skipped: number;
  readonly verified: boolean | null;
  readonly lastFullSync: string | null;
};
export type AgentStatus = {
  readonly tasks: readonly TaskView[];
  readonly limits: {
    readonly tasks: number;
    readonly maxTasks: number;
    readonly files: number;
    readonly maxFiles: number;
  };
};
export type NewTask = {
  readonly local: string;
  readonly cloud: string;
  readonly type?: 'bidirectional' | 'upload';
  readonly flags?: readonly string[];
};

/** One device: a state directory of its own, driven only through the command line that the contract promises. */
export class AgentProcess {
  readonly home: string;
  readonly env: Readonly<Record<string, string>>;
  #running: StartedProcess | undefined;

  constructor(home: string, env: Readonly<Record<string, string>> = {}) {
    this.home = home;
    this.env = env;
  }

  get pid(): number | undefined {
    return this.#running?.pid;
  }

  get output(): string {
    return this.#running?.output ?? '';
  }

  /** Runs one command to its end and answers what it said, whatever its exit code. */
  async command(...args: readonly string[]): Promise<CommandAnswer> {
    return this.#run(args, COMMAND_MS);
  }

  async #run(args: readonly string[], timeoutMs: number): Promise<CommandAnswer> {
    const process = new StartedProcess(AGENT_MAIN, { args, env: this.#environment(), isCaptured: true });
    const timer = setTimeout(() => process.kill('SIGKILL'), timeoutMs);
    const { code } = await process.ended;
    clearTimeout(timer);
    return { code: code ?? -1, text: process.output, json: parseJson(process.standardOutput) };
  }

  /** A command that must succeed; answers its JSON. */
  async ask<T>(...args: readonly string[]): Promise<T> {
    const answer = await this.command(...args, '--json');
    if (answer.code !== 0)
      throw new Error(`tideline ${args.join(' ')} → ${answer.code}: ${answer.text}\n${this.output}`);
    return answer.json as T;
  }

  async enroll(server: string, token: string, email: string): Promise<void> {
    await mkdir(this.home, { recursive: true });
    const flags = ['--server', server, '--token', token, '--user', email, '--device-name', `PC of ${email}`];
    await this.ask('enroll', ...flags);
  }

  async start(): Promise<void> {
    this.#running = new StartedProcess(AGENT_MAIN, { args: ['run'], env: this.#environment() });
    await this.#running.line(/agent ready/, READY_MS);
  }

  async killHard(): Promise<void> {
    this.#running?.kill('SIGKILL');
    await this.#running?.ended;
  }

  async stop(): Promise<number | null> {
    const running = this.#running;
    this.#running = undefined;
    return running ? (await running.stop()).code : null;
  }

  async createTask({ local, cloud, type = 'bidirectional', flags = [] }: NewTask): Promise<string> {
    await mkdir(local, { recursive: true });
    const { id } = await this.ask<{ id: string }>(...taskCreate({ local, cloud, type, flags }));
    return id;
  }

  /** Like `createTask`, for those that must be refused. */
  async tryCreateTask({ local, cloud, type = 'bidirectional', flags = [] }: NewTask): Promise<CommandAnswer> {
    return this.command(...taskCreate({ local, cloud, type, flags }), '--json');
  }

  /** Exit codes 4 and 5 are answers too: tasks that wait for a person, or fail. */
  async status(): Promise<AgentStatus> {
    const answer = await this.command('status', '--json');
    if (![0, 4, 5].includes(answer.code)) throw new Error(`tideline status → ${answer.code}: ${answer.text}`);
    return answer.json as AgentStatus;
  }

  async task(id: string): Promise<TaskView> {
    const { tasks } = await this.status();
    const task = tasks.find((view) => view.id === id);
    if (!task) throw new Error(`There is no task ${id} in ${JSON.stringify(tasks)}`);
    return task;
  }

  /** `tideline wait`; answers its exit code: 0 up to date, 1 too late, 4 held, 5 failing. */
  async wait(timeoutSeconds = 90): Promise<number> {
    const args = ['wait', '--timeout', String(timeoutSeconds)];
    const { code, text } = await this.#run(args, timeoutSeconds * 1000 + COMMAND_MS);
    if (![0, 1, 4, 5].includes(code)) throw new Error(`tideline wait → ${code}: ${text}\n${this.output}`);
    return code;
  }

  #environment(): Record<string, string> {
    // A trash of its own, and a list of homes for the devices beside it: a test must not touch those of whoever runs it.
    const own = { XDG_DATA_HOME: join(this.home, '..', 'xdg'), XDG_STATE_HOME: join(this.home, '..', '..', 'state') };
    return { ...own, ...this.env, TIDELINE_HOME: this.home };
  }
}

function taskCreate({ local, cloud, type, flags }: Required<NewTask>): readonly string[] {
  return ['task', 'create', '--local', local, '--cloud', cloud, '--type', type, '--yes', ...flags];
}

function parseJson(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return undefined; // not one JSON value: the text tells
  }
}
