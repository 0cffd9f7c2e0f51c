import { mkdtemp, readFile, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { z } from 'zod';
import { eventually } from '../process/eventually.ts';
import { CONSOLE_MAIN } from '../process/repository.ts';
import { StartedProcess } from '../process/started-process.ts';

const READY_MS = 60_000;

/** What the console writes for scripts at its first start. */
export const Bootstrap = z.object({
  url: z.string(),
  enterpriseCode: z.string(),
  adminEmail: z.string(),
  adminPassword: z.string(),
  enrollmentToken: z.string(),
  operatorEmail: z.string(),
  operatorPassword: z.string(),
});
export type Bootstrap = z.infer<typeof Bootstrap>;

export type ConsoleBoxOptions = { readonly env?: Readonly<Record<string, string>>; readonly demo?: boolean };

/** A console of its own: real PostgreSQL, real blobs, all of it in a temporary folder (0700, as `mktemp -d` makes it). */
export class ConsoleBox {
  readonly dataPath: string;
  readonly bootstrap: Bootstrap;
  readonly #env: Readonly<Record<string, string>>;
  #process: StartedProcess;
  #url: string;

  private constructor(
    dataPath: string,
    bootstrap: Bootstrap,
    started: { readonly process: StartedProcess; readonly env: Readonly<Record<string, string>> },
  ) {
    this.dataPath = dataPath;
    this.bootstrap = bootstrap;
    this.#process = started.process;
    this.#env = started.env;
    this.#url = bootstrap.url;
  }

  static async start({ env = {}, demo = false }: ConsoleBoxOptions = {}): Promise<ConsoleBox> {
    const folder = await mkdtemp(join(tmpdir(), 'tideline-console-'));
    const dataPath = join(folder, 'data');
    const allEnv = {
      TIDELINE_DATA: dataPath,
      TIDELINE_HOST: '127.0.0.1',
      TIDELINE_FIRST_START: demo ? 'demo' : 'plain',
      ...env,
    };
    const process = new StartedProcess(CONSOLE_MAIN, { env: { ...allEnv, TIDELINE_PORT: '0' } });
    await process.line(/^ready (\S+)/, READY_MS);
    const bootstrap = Bootstrap.parse(JSON.parse(await readFile(join(dataPath, 'bootstrap.json'), 'utf8')));
    return new ConsoleBox(dataPath, bootstrap, { process, env: allEnv });
  }

  get url(): string {
    return this.#url;
  }

  get pid(): number {
    return this.#process.pid;
  }

  get output(): string {
    return this.#process.output;
  }

  /** As a power cut would: nothing is told, PostgreSQL is left behind to be found by the next start. */
  async killHard(): Promise<void> {
    this.#process.kill('SIGKILL');
    await this.#process.ended;
  }

  /** On the same data and the same port, so that the agents find it again. */
  async restart(): Promise<void> {
    if (this.#process.isRunning) await this.#process.stop();
    const port = new URL(this.#url).port;
    this.#process = new StartedProcess(CONSOLE_MAIN, { env: { ...this.#env, TIDELINE_PORT: port } });
    await this.#process.line(/^ready (\S+)/, READY_MS);
  }

  async stop(): Promise<void> {
    if (this.#process.isRunning) await this.#process.stop();
  }

  /** Stops it and removes its data; a PostgreSQL that a killed console left behind included. */
  async dispose(): Promise<void> {
    await this.stop();
    await removeDatabase(this.dataPath);
    await rm(join(this.dataPath, '..'), { recursive: true, force: true, maxRetries: 5, retryDelay: 100 });
  }
}

/** The database lies in the data directory, or beside it where PostgreSQL's account may not pass; the record tells. */
async function removeDatabase(dataPath: string): Promise<void> {
  const record = await readFile(join(dataPath, 'database.json'), 'utf8').catch(() => undefined);
  if (record === undefined) return;
  const { folder } = z.object({ folder: z.string() }).parse(JSON.parse(record));
  const [pid = ''] = (await readFile(join(folder, 'postmaster.pid'), 'utf8').catch(() => '')).split('\n');
  if (Number(pid) > 1) await eventually(() => !signalQuietly(Number(pid)), { what: 'PostgreSQL ends' });
  if (!folder.startsWith(dataPath)) await rm(dirname(folder), { recursive: true, force: true });
}

/** Immediate shutdown: its data is removed next. Answers whether it was still there. */
function signalQuietly(pid: number): boolean {
  try {
    return process.kill(pid, 'SIGQUIT');
  } catch {
    return false; // it ended by itself
  }
}
