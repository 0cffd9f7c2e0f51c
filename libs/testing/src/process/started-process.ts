import { spawn } from 'node:child_process';
import type { ChildProcess } from 'node:child_process';
import { createInterface } from 'node:readline';
import { LEASH, REPOSITORY } from './repository.ts';

const LEASH_FD = 3;
const KEPT_LINES = 200;

export type Ended = { readonly code: number | null; readonly signal: NodeJS.Signals | null };
export type StartOptions = {
  readonly args?: readonly string[];
  readonly env?: Readonly<Record<string, string>>;
  /** Keep all of the standard output: for commands, whose answer it is. */
  readonly isCaptured?: boolean;
};

/**
 * A script under this very Node, leashed to the test: when the test run is killed, the kernel closes the leash and the
 * process ends by itself.
 */
export class StartedProcess {
  readonly ended: Promise<Ended>;
  readonly #child: ChildProcess;
  readonly #lines: string[] = [];
  readonly #standardOutput: Buffer[] = [];
  readonly #listeners = new Set<(line: string) => void>();
  #result: Ended | undefined;

  constructor(script: string, { args = [], env = {}, isCaptured = false }: StartOptions) {
    const leash = { TIDELINE_LEASH_FD: String(LEASH_FD), TIDELINE_LEASH_GRACE_MS: '3000' };
    this.#child = spawn(process.execPath, ['--import', LEASH, script, ...args], {
      cwd: REPOSITORY,
      env: { ...withoutTestRunner(process.env), ...env, ...leash },
      stdio: ['ignore', 'pipe', 'pipe', 'pipe'],
    });
    this.ended = new Promise((resolve) => {
      this.#child.once('error', (error) => this.#take(`not started: ${error.message}`));
      this.#child.once('close', (code, signal) => resolve((this.#result = { code, signal })));
    });
    if (isCaptured) this.#child.stdout?.on('data', (chunk: Buffer) => this.#standardOutput.push(chunk));
    for (const stream of [this.#child.stdout, this.#child.stderr]) {
      if (stream) createInterface({ input: stream }).on('line', (line) => this.#take(line));
    }
  }

  get pid(): number {
    return this.#child.pid ?? -1;
  }

  get isRunning(): boolean {
    return this.#result === undefined;
  }

  /** All it wrote to its standard output, of a process started with `isCaptured`. */
  get standardOutput(): string {
    return Buffer.concat(this.#standardOutput).toString('utf8');
  }

  /** Its last lines, both streams together. */
  get output(): string {
    return this.#lines.join('\n');
  }

  kill(signal: NodeJS.Signals): void {
    this.#child.kill(signal);
  }

  /** SIGTERM, and SIGKILL when that is not enough: answers how it ended. */
  async stop(timeoutMs = 20_000): Promise<Ended> {
    this.kill('SIGTERM');
    const timer = setTimeout(() => this.kill('SIGKILL'), timeoutMs);
    const ended = await this.ended;
    clearTimeout(timer);
    return ended;
  }

  /** The first line, past or future, that matches; an error when the process ends or the time is over before. */
  async line(pattern: RegExp, timeoutMs: number): Promise<RegExpExecArray> {
    const { promise, resolve, reject } = Promise.withResolvers<RegExpExecArray>();
    const look = (line: string) => {
      const match = pattern.exec(line);
      if (match) resolve(match);
    };
    const timer = setTimeout(() => reject(this.#missing(pattern, `within ${timeoutMs / 1000} s`)), timeoutMs);
    this.#listeners.add(look);
    this.#lines.forEach(look);
    void this.ended.then(({ code, signal }) => reject(this.#missing(pattern, `before it ended (${signal ?? code})`)));
    try {
      return await promise;
    } finally {
      clearTimeout(timer);
      this.#listeners.delete(look);
    }
  }

  #take(line: string): void {
    this.#lines.push(line);
    if (this.#lines.length > KEPT_LINES) this.#lines.shift();
    for (const listener of this.#listeners) listener(line);
  }

  #missing(pattern: RegExp, when: string): Error {
    return new Error(`No line ${String(pattern)} ${when}; it said:\n${this.output}`);
  }
}

/** A process under test runs as a person would run it: not as part of Vitest. */
function withoutTestRunner(env: NodeJS.ProcessEnv): NodeJS.ProcessEnv {
  const entries = Object.entries(env).filter(
    ([name]) => !/^(VITEST|NODE_ENV$|NODE_OPTIONS$|TEST$|TIDELINE_)/.test(name),
  );
  return Object.fromEntries(entries);
}
