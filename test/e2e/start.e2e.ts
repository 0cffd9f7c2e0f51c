import { spawn } from 'node:child_process';
import type { ChildProcess } from 'node:child_process';
import { existsSync, mkdtempSync, readFileSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import { REPOSITORY, eventually } from '@tideline/testing';
import { afterAll, afterEach, beforeAll, describe, expect, test } from 'vitest';

const READY_MS = 100_000;
let data: string;
const running = new Set<Starter>();

beforeAll(() => {
  data = join(mkdtempSync(join(tmpdir(), 'tideline-start-')), 'data');
});
afterEach(async () => {
  for (const starter of running) await starter.end('SIGTERM');
});
afterAll(() => rmSync(join(data, '..'), { recursive: true, force: true, maxRetries: 10, retryDelay: 200 }));

type Starter = {
  readonly child: ChildProcess;
  readonly lines: string[];
  end(signal: NodeJS.Signals): Promise<number | null>;
};

/** `npm start` as a person types it, or its script alone. */
function start(env: Record<string, string>, command: readonly string[] = ['npm', 'start']): Starter {
  const [program = 'npm', ...args] = command;
  const child = spawn(program, args, {
    cwd: REPOSITORY,
    env: { ...process.env, TIDELINE_DATA: data, TIDELINE_PORT: '0', XDG_STATE_HOME: join(data, '..', 'state'), ...env },
    stdio: ['ignore', 'pipe', 'pipe'],
  });
  const lines: string[] = [];
  for (const stream of [child.stdout, child.stderr])
    createInterface({ input: stream }).on('line', (line) => lines.push(line));
  const ended = new Promise<number | null>((resolve) => child.once('close', resolve));
  const starter: Starter = {
    child,
    lines,
    end(signal) {
      running.delete(starter);
      child.kill(signal);
      return ended;
    },
  };
  running.add(starter);
  return starter;
}

async function ready(starter: Starter): Promise<string> {
  const line = await eventually(
    () =>
      starter.lines.find((text) => text.startsWith('ready ')) ??
      (starter.child.exitCode !== null ? 'ended' : undefined),
    { timeoutMs: READY_MS, what: `ready; it said:\n${starter.lines.join('\n')}` },
  );
  expect(line, starter.lines.join('\n')).toMatch(/^ready http:/);
  return line.slice(6);
}

const demo = () =>
  JSON.parse(readFileSync(join(data, 'demo', 'demo.json'), 'utf8')) as { people: { files: string; name: string }[] };

describe('npm start', () => {
  test('brings up the console and two agents whose folders mirror each other', async () => {
    const starter = start({});
    const url = await ready(starter);
    expect((await fetch(`${url}/api/health`)).status).toBe(200);
    expect(statSync(join(data, 'bootstrap.json')).mode & 0o777).toBe(0o600);
    const [first, second] = demo().people;
    expect(starter.lines.join('\n')).toContain(first?.files ?? 'no folder');
    expect(starter.lines.filter((line) => line.startsWith('ready '))).toHaveLength(1);
    writeFileSync(join(first?.files ?? '', 'hello.txt'), 'from the first');
    await eventually(() => existsSync(join(second?.files ?? '', 'hello.txt')), { timeoutMs: 5000, what: 'hello.txt' });
    expect(await starter.end('SIGTERM')).not.toBeNull();
    await expectUnreachable(url);
  });

  test('continues with the same data at the second start, also after kill -9 of the starter', async () => {
    const starter = start({}, [process.execPath, join(REPOSITORY, 'tools/start.mjs')]);
    const url = await ready(starter);
    await starter.end('SIGKILL');
    const again = start({}, [process.execPath, join(REPOSITORY, 'tools/start.mjs')]);
    expect(await ready(again)).toBe(url);
    const [first, second] = demo().people;
    expect(readFileSync(join(second?.files ?? '', 'hello.txt'), 'utf8')).toBe('from the first');
    writeFileSync(join(second?.files ?? '', 'back.txt'), 'from the second');
    await eventually(() => existsSync(join(first?.files ?? '', 'back.txt')), { timeoutMs: 10_000, what: 'back.txt' });
    expect(await again.end('SIGTERM')).toBe(0);
    await expectUnreachable(url);
  });

  test('says which part has ended by itself, and how to go on', async () => {
    const starter = start({}, [process.execPath, join(REPOSITORY, 'tools/start.mjs')]);
    await ready(starter);
    const { children } = JSON.parse(readFileSync(join(data, 'start.json'), 'utf8')) as { children: number[] };
    const [consolePid = 0, agentPid = 0] = children;
    const line = (code: string) =>
      eventually(() => starter.lines.find((text) => text.startsWith(code)), { what: `${code}` });
    process.kill(agentPid, 'SIGKILL');
    expect(await line('DEMO_AGENT')).toMatch(
      /demo agent of .* has ended \(signal SIGKILL\).*TIDELINE_HOME=\S+ npx tideline run/,
    );
    expect(starter.child.exitCode).toBeNull();
    process.kill(consolePid, 'SIGTERM');
    expect(await line('CONSOLE_ENDED')).toMatch(/exit code 0.*console\.log.*npm start/);
    await eventually(() => starter.child.exitCode !== null, { what: 'the starter ends' });
    expect(starter.child.exitCode).toBe(1);
  });

  test('a second starter on the same data is refused in one line', async () => {
    const starter = start({}, [process.execPath, join(REPOSITORY, 'tools/start.mjs'), '--no-demo']);
    await ready(starter);
    const other = start({}, [process.execPath, join(REPOSITORY, 'tools/start.mjs')]);
    await eventually(() => other.child.exitCode !== null, { what: 'the second starter ends' });
    expect(other.child.exitCode).toBe(1);
    expect(other.lines).toEqual([expect.stringContaining('ALREADY_RUNNING')]);
  });
});

describe('npm start that cannot start', () => {
  const script = [process.execPath, join(REPOSITORY, 'tools/start.mjs')];
  /** One line, exit 1, and the directory as it was. */
  async function expectRefused(env: Record<string, string>, line: RegExp): Promise<void> {
    const starter = start(env, script);
    await eventually(() => starter.child.exitCode !== null, { what: 'the starter ends' });
    expect(starter.child.exitCode).toBe(1);
    expect(starter.lines).toEqual([expect.stringMatching(line)]);
  }

  test('names a bootstrap.json that is damaged and leaves it alone', async () => {
    const broken = mkdtempSync(join(data, '..', 'broken-'));
    writeFileSync(join(broken, 'bootstrap.json'), 'garbage');
    await expectRefused({ TIDELINE_DATA: broken }, /^DATA_DIRECTORY_BROKEN: .*bootstrap\.json is damaged\. Put a copy/);
    expect(readFileSync(join(broken, 'bootstrap.json'), 'utf8')).toBe('garbage');
  });

  test("names an address that is not this machine's, with any port too", async () => {
    const fresh = mkdtempSync(join(data, '..', 'fresh-'));
    const env = { TIDELINE_DATA: fresh, TIDELINE_HOST: '192.0.2.1' };
    await expectRefused(env, /^CONFIG_INVALID: TIDELINE_HOST 192\.0\.2\.1 .*not an address of this machine/);
  });
});

async function expectUnreachable(url: string): Promise<void> {
  await expect(fetch(`${url}/api/health`)).rejects.toThrow();
}
