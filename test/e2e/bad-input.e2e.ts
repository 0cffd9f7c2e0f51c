import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { existsSync, mkdirSync, mkdtempSync, readFileSync, readdirSync, rmSync, writeFileSync } from 'node:fs';
import { createServer } from 'node:net';
import type { AddressInfo, Server } from 'node:net';
import { homedir, tmpdir } from 'node:os';
import { join } from 'node:path';
import { routes } from '@tideline/contracts';
import { AGENT_MAIN, CONSOLE_MAIN, StartedProcess, World, eventually } from '@tideline/testing';
import type { AgentProcess, CommandAnswer } from '@tideline/testing';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';

let world: World;
let agent: AgentProcess;
let inUse: string;

beforeAll(async () => {
  world = await World.start();
  agent = await world.agent('a');
  inUse = world.path('in use');
  mkdirSync(inUse, { recursive: true });
  await agent.createTask({ local: inUse, cloud: 'personal:/In use' });
});
afterAll(() => world?.dispose());

/** One clear line with a code and what to do; no stack, nothing twice. */
function expectOneLine(answer: CommandAnswer, code: string): void {
  const lines = answer.text.split('\n').filter((line) => line.trim() !== '');
  expect(answer.text).toContain(code);
  expect(answer.text).not.toMatch(/^\s+at /m);
  expect(lines.length, answer.text).toBe(1);
}

describe('enrolling', () => {
  const enroll = (options: { email?: string; token?: string; server?: string }) => {
    const { url, adminEmail, enrollmentToken } = world.console.bootstrap;
    const device = world.device(`new-${Math.abs(hash(JSON.stringify(options)))}`);
    const flags = ['--server', options.server ?? url, '--token', options.token ?? enrollmentToken];
    return device.command('enroll', ...flags, '--user', options.email ?? adminEmail);
  };

  test.each([
    ['an unknown user', { email: 'nobody@example.org' }, 'USER_UNKNOWN'],
    ['a wrong token', { token: 'not-a-token' }, 'TOKEN_WRONG'],
    ['a server that is away', { server: 'http://127.0.0.1:9' }, 'SERVER_UNREACHABLE'],
    ['plain http beyond this machine', { server: 'http://console.example.org' }, 'PLAIN_HTTP_REFUSED'],
  ])('%s: one line, exit 1', async (_what, options, code) => {
    const answer = await enroll(options);
    expect(answer.code).toBe(1);
    expectOneLine(answer, code);
  });

  test.each([
    ['an e-mail address that is none', { email: 'ada' }],
    ['a server that is no address', { server: 'my console' }],
  ])('%s: one line that says so, exit 2', async (_what, options) => {
    const answer = await enroll(options);
    expect(answer.code).toBe(2);
    expectOneLine(answer, 'USAGE');
    expect(answer.text).toMatch(/ is not .* such as \S+\. See --help\.$/);
  });

  test('a token that is used up: one line, exit 1', async () => {
    const user = await world.admin.user('Once');
    const { secret } = await world.admin.api.call(routes.enterprise.createEnrollmentToken, {
      body: { label: 'once', userIds: [user.id], maxUses: 1 },
    });
    expect((await enroll({ token: secret, email: user.email })).code).toBe(0);
    const again = await world
      .device('again')
      .command('enroll', '--server', world.console.url, '--token', secret, '--user', user.email);
    expect(again.code).toBe(1);
    expectOneLine(again, 'TOKEN_EXPIRED');
  });
});

test('a reader that goes before all is said: nothing is thrown', async () => {
  const child = spawn(process.execPath, [AGENT_MAIN, '--help'], { stdio: ['ignore', 'pipe', 'pipe'] });
  child.stdout.destroy();
  const complaints: string[] = [];
  child.stderr.setEncoding('utf8').on('data', (text: string) => complaints.push(text));
  const [code] = (await once(child, 'close')) as [number | null];
  expect({ code, complaints }).toEqual({ code: 0, complaints: [] });
});

describe('[LI-6] refused local folders', () => {
  test.each([
    ['the root', () => '/', 'FOLDER_FORBIDDEN'],
    ['a system folder', () => '/etc', 'FOLDER_FORBIDDEN'],
    ['below a system folder', () => '/usr/share', 'FOLDER_FORBIDDEN'],
    ['a home folder itself', () => homedir(), 'FOLDER_FORBIDDEN'],
    ["an agent's state", () => agent.home, 'FOLDER_FORBIDDEN'],
    ['the folder of another task', () => inUse, 'FOLDER_OVERLAPS'],
    ["inside another task's folder", () => makeFolder(join(inUse, 'inner')), 'FOLDER_OVERLAPS'],
    ["around another task's folder", () => world.folder, 'FOLDER_(OVERLAPS|FORBIDDEN)'],
    ['one that does not exist', () => world.path('does not exist'), 'FOLDER_MISSING'],
  ])('%s', async (_what, path, code) => {
    const args = [
      'task',
      'create',
      '--local',
      path(),
      '--cloud',
      'personal:/Refused',
      '--type',
      'bidirectional',
      '--yes',
    ];
    const answer = await agent.command(...args);
    expect(answer.code).toBe(1);
    expect(answer.text).toMatch(new RegExp(code));
    expectOneLine(answer, 'FOLDER_');
  });
});

test("[LI-6] a folder inside or around another home's task is refused until that task has gone", async () => {
  const other = await world.agent('other home');
  const create = (local: string) => other.tryCreateTask({ local, cloud: 'personal:/Other home' });
  for (const local of [inUse, makeFolder(join(inUse, 'inner'))]) {
    const answer = await create(local);
    expect(answer.code).toBe(1);
    expect(answer.text).toMatch(/FOLDER_OVERLAPS.*devices\/a\/home/);
  }
  const local = makeFolder(world.path('for two homes'));
  const taskId = await agent.createTask({ local, cloud: 'personal:/For two homes' });
  expect((await create(local)).text).toMatch(/FOLDER_OVERLAPS/);
  await agent.ask('task', 'cancel', taskId);
  expect((await create(local)).code).toBe(0);
  await other.stop();
});

describe('cloud paths', () => {
  const create = (cloud: string) =>
    agent.command('task', 'create', '--local', makeFolder(world.path('free')), '--cloud', cloud, '--yes');

  test('one that is none is refused', async () => {
    const answer = await create('no such thing');
    expect([1, 2]).toContain(answer.code);
    expectOneLine(answer, 'CLOUD_PATH_INVALID');
  });

  test('a space that the person may not see is unknown', async () => {
    const answer = await create('team/Nobody knows:/x');
    expect(answer.code).toBe(1);
    expectOneLine(answer, 'SPACE_UNKNOWN');
  });

  test('[PE-5] a personal space that its person has not opened to this device is told as that', async () => {
    const petra = await world.admin.user('Petra');
    const { secret } = await world.admin.api.call(routes.enterprise.createEnrollmentToken, {
      body: { label: 'petra', userIds: [petra.id], maxUses: 1 },
    });
    const device = world.device('petra');
    await device.enroll(world.console.url, secret, petra.email);
    await device.start();
    const answer = await device.tryCreateTask({ local: makeFolder(world.path('petra')), cloud: 'personal:/Docs' });
    expect(answer.code).toBe(1);
    expect(answer.json).toMatchObject({
      error: { code: 'PERSONAL_SPACE_CLOSED', fix: expect.stringContaining('My devices') as string },
    });
    await device.stop();
  });

  test('[PE-1] a folder without the right is refused', async () => {
    const team = await world.admin.team('Closed');
    const eve = await world.admin.user('Eve', [team]);
    await world.admin.makeFolder('team/Closed:/Plans');
    const device = await world.agent('eve', eve.email);
    const answer = await device.tryCreateTask({ local: makeFolder(world.path('eve')), cloud: 'team/Closed:/Plans' });
    expect(answer.code).toBe(1);
    expect(answer.text).toMatch(/RIGHT_MISSING|SPACE_UNKNOWN/);
    await device.stop();
  });
});

describe('the command line', () => {
  test('a command without its agent: exit 6', async () => {
    const device = world.device('idle');
    await device.enroll(world.console.url, world.console.bootstrap.enrollmentToken, world.console.bootstrap.adminEmail);
    const answer = await device.command('task', 'list');
    expect(answer.code).toBe(6);
    expectOneLine(answer, 'AGENT_NOT_RUNNING');
  });

  test('an agent that is not signed in: exit 3', async () => {
    const answer = await world.device('stranger').command('run');
    expect(answer.code).toBe(3);
    expectOneLine(answer, 'NOT_ENROLLED');
  });

  test.each([[['task', 'create']], [['no-such-command']], [['wait', '--timeout', 'soon']]])(
    '%j: usage, exit 2',
    async (args) => {
      expect((await agent.command(...args)).code).toBe(2);
    },
  );

  test('a task that does not exist: exit 1', async () => {
    const answer = await agent.command('task', 'show', '00000000-0000-4000-8000-000000000000');
    expect(answer.code).toBe(1);
    expectOneLine(answer, 'TASK_UNKNOWN');
  });

  test('a second agent on the same state directory is refused', async () => {
    const answer = await agent.command('run');
    expect(answer.code).toBe(1);
    expectOneLine(answer, 'AGENT_ALREADY_RUNNING');
  });
});

describe('a state directory that cannot be used', () => {
  test('a file in its place: named, and left alone', async () => {
    const device = world.device('a file');
    mkdirSync(join(device.home, '..'), { recursive: true });
    writeFileSync(device.home, 'something of mine');
    const answer = await device.command('run');
    expect(answer.code).toBe(1);
    expectOneLine(answer, 'CONFIG_INVALID');
    expect(answer.text).toContain(`${device.home} is a file, not a folder.`);
    expect(readFileSync(device.home, 'utf8')).toBe('something of mine');
  });

  test('[FI-4] a damaged enrollment: told truly, and after enrolling again nothing is doubled', async () => {
    const { url, adminEmail, enrollmentToken } = world.console.bootstrap;
    const device = await world.agent('again');
    const local = makeFolder(world.path('enrolled again'));
    writeFileSync(join(local, 'one.txt'), 'one');
    await device.createTask({ local, cloud: 'personal:/Enrolled again' });
    expect(await device.wait()).toBe(0);
    const cloud = await world.admin.folder('personal:/Enrolled again');
    const before = await cloud.find('one.txt');
    await device.stop();
    writeFileSync(join(device.home, 'device.json'), 'garbage');
    const answer = await device.command('run');
    expect(answer.code).toBe(3);
    expectOneLine(answer, 'ENROLLMENT_DAMAGED');
    expect(answer.text).toContain('tideline enroll');
    writeFileSync(join(local, 'one.txt'), 'one, changed meanwhile');
    await device.enroll(url, enrollmentToken, adminEmail);
    await device.start();
    expect(await device.wait()).toBe(0);
    const after = await cloud.find('one.txt');
    expect(after?.id).toBe(before?.id);
    expect(await cloud.read(after ?? expect.unreachable())).toBe('one, changed meanwhile');
    expect(readdirSync(local).filter((name) => !name.startsWith('.'))).toEqual(['one.txt']);
    await device.stop();
  });
});

describe('a server that is away', () => {
  test('nothing is lost: what was saved meanwhile arrives when it is back', async () => {
    await world.console.stop();
    writeFileSync(join(inUse, 'saved meanwhile.txt'), 'not lost');
    expect(await agent.wait(3)).toBe(1);
    await world.console.restart();
    expect(await agent.wait()).toBe(0);
    const cloud = await world.admin.folder('personal:/In use');
    const node = await eventually(() => cloud.find('saved meanwhile.txt'), { what: 'the file in the cloud' });
    expect(await cloud.read(node)).toBe('not lost');
  });
});

describe('a console that cannot start', () => {
  const start = async (env: Record<string, string>) => {
    const data = mkdtempSync(join(tmpdir(), 'tideline-broken-'));
    const process = new StartedProcess(CONSOLE_MAIN, {
      env: { TIDELINE_DATA: join(data, 'data'), TIDELINE_PORT: '0', ...env },
    });
    const { code } = await process.ended;
    rmSync(data, { recursive: true, force: true });
    return { code: code ?? -1, text: process.output, json: undefined };
  };

  test('a port in use: one line, exit ≠ 0', async () => {
    const server = await listen();
    const answer = await start({ TIDELINE_PORT: String((server.address() as AddressInfo).port) });
    server.close();
    expect(answer.code).not.toBe(0);
    expectOneLine(answer, 'PORT_IN_USE');
  });

  test('a data directory that is a file', async () => {
    const file = world.path('not a folder');
    writeFileSync(file, 'something of mine');
    const answer = await start({ TIDELINE_DATA: file });
    expect(answer.code).not.toBe(0);
    expectOneLine(answer, 'DATA_DIRECTORY_BROKEN');
    expect(readFileSync(file, 'utf8')).toBe('something of mine');
  });

  test.each([
    ['bootstrap.json', /bootstrap\.json.*move it away/],
    ['blobs', /folder blobs should be.*move it away/],
  ])('a data directory whose %s is not what it should be: named, and left as it is', async (name, sentence) => {
    const data = world.path(`damaged ${name}`);
    mkdirSync(data, { recursive: true });
    writeFileSync(join(data, name), 'garbage');
    const answer = await start({ TIDELINE_DATA: data });
    expect(answer.code).not.toBe(0);
    expectOneLine(answer, 'DATA_DIRECTORY_BROKEN');
    expect(answer.text).toMatch(sentence);
    expect(readFileSync(join(data, name), 'utf8')).toBe('garbage');
  });

  test("an address that is not this machine's", async () => {
    const answer = await start({ TIDELINE_HOST: '192.0.2.1' });
    expect(answer.code).not.toBe(0);
    expectOneLine(answer, 'CONFIG_INVALID');
    expect(answer.text).toContain('TIDELINE_HOST 192.0.2.1');
  });

  test('a data directory that is damaged: told, and left as it is', async () => {
    const data = world.path('damaged');
    mkdirSync(data, { recursive: true });
    writeFileSync(join(data, 'database.json'), '{"folder":');
    const answer = await start({ TIDELINE_DATA: data });
    expect(answer.code).not.toBe(0);
    expectOneLine(answer, 'DATA_DIRECTORY_BROKEN');
    expect(readFileSync(join(data, 'database.json'), 'utf8')).toBe('{"folder":');
  });
});

async function listen(): Promise<Server> {
  const server = createServer();
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  return server;
}

function makeFolder(path: string): string {
  if (!existsSync(path)) mkdirSync(path, { recursive: true });
  return path;
}

function hash(text: string): number {
  return [...text].reduce((sum, letter) => Math.imul(sum, 31) + letter.charCodeAt(0), 7);
}
