import { existsSync, mkdtempSync, readFileSync, rmSync, statSync } from 'node:fs';
import { request } from 'node:http';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { AppError, NO_THROTTLE } from '@tideline/contracts';
import type { CycleReport } from '@tideline/sync-core';
import { MemoryJournal } from '@tideline/sync-core/testing';
import type { CliContext } from '../cli/cli-context.ts';
import { runProgram } from '../cli/program.ts';
import { startAgent, type AgentParts, type StartedAgent } from '../composition/start-agent.ts';
import { systemTimers, type TaskEngine } from '../runtime/task-engine.ts';
import type { DeviceSocketEvent } from '../telemetry/device-socket.ts';
import { FakeServer, SPACE_ID } from '../testing/fake-server.ts';
import { TaskStore } from '../tasks/task-store.ts';
import { DeviceThrottle } from '../throttle/device-throttle.ts';
import { createLocalClock } from '../throttle/rates-at.ts';
import { findEndpoint } from './endpoint.ts';
import { createLocalClient } from './local-client.ts';
import type { Preview, ThrottleAnswer } from './messages.ts';

const done: CycleReport = {
  ...{ stop: null, blocked: null, pending: 0, pendingBytes: 0, failed: 0, skipped: 0, holds: 0, files: 3, folders: 1 },
  ...{ again: false, lookAgain: null, wakeAtMs: null, lastFullSyncMs: Date.UTC(2026, 0, 1), verified: true },
};

const nothing = { files: 0, bytes: 0 };
const preview: Preview = {
  ...{ local: '/data/Docs', cloud: 'team/Engineering:/', type: 'bidirectional', upload: nothing, download: nothing },
  ...{ compare: nothing, newVersions: nothing, clashes: { count: 0, sample: [] }, createCloudFolders: [] },
  ...{ excluded: 0, skipped: 0, unreadable: 0, alwaysLeftOut: [], warnings: [] },
  room: { localNeededBytes: 0, localFreeBytes: 1, cloudNeededBytes: 0, cloudFreeBytes: null },
};

let home: string;
let server: FakeServer;
let report: CycleReport;
let runs: number;
let dropped = 0;
let tell: (event: DeviceSocketEvent) => void;
let started: StartedAgent | null;

const engine = (): TaskEngine => ({
  ...{ unwatch: async () => undefined, close: async () => undefined },
  watch: async () => undefined,
  run: async () => {
    runs += 1;
    return report;
  },
});

let throttleAtMs: number;
const throttleOf = (folder: string): DeviceThrottle =>
  new DeviceThrottle({
    ...{ home: folder, nowMs: () => throttleAtMs, localTime: createLocalClock('UTC'), log: () => undefined },
  });

const parts = (): AgentParts => ({
  ...{
    home,
    server,
    timers: systemTimers,
    throttle: throttleOf(home),
    log: () => undefined,
    shutdown: () => undefined,
    decide: () => [],
  },
  identity: {
    ...{ deviceId: 'd1', deviceName: "Ada's PC", server: 'https://console.test', keyStore: 'file', version: '1.4.0' },
    ...{ user: { name: 'Ada', email: 'ada@acme.test' }, enterprise: { code: 'acme', name: 'Acme' } },
  },
  openSocket: (onEvent) => {
    tell = onEvent;
    const idle = () => undefined;
    return { start: idle, stop: async () => undefined, watch: idle, report: idle, isConnected: () => true };
  },
  openTask: () => async () => ({
    engine: engine(),
    journal: new MemoryJournal(),
    dropDownloads: () => void (dropped += 1),
  }),
  checkFolder: async (path) => ({ realPath: path, warnings: [] }),
  preview: async () => preview,
  doctor: async () => ({ checks: [] }),
  reportFacts: async () => ({
    ...{ agentVersion: '1.4.0', keyStore: 'file', keyProblem: false, freeDiskBytes: 1, diskBytes: 2, rssBytes: 3 },
  }),
});

beforeEach(async () => {
  home = mkdtempSync(join(tmpdir(), 'tideline-agent-'));
  server = new FakeServer();
  report = done;
  runs = 0;
  dropped = 0;
  throttleAtMs = Date.UTC(2026, 10, 27, 10); // a Friday
  started = await startAgent(parts());
});
afterEach(async () => {
  await started?.stop();
  rmSync(home, { recursive: true });
});

/** Runs a command line as a script would: what it printed and how it ended. */
function cli(...args: string[]) {
  return run(args, () => Promise.reject(new Error('a script was asked something')));
}

/** As a person at a terminal would, who answers every question alike. */
function atTerminal(answer: boolean, ...args: string[]) {
  return run(args, () => Promise.resolve(answer), true);
}

async function run(args: string[], confirm: () => Promise<boolean>, isInteractive = false) {
  let out = '';
  let err = '';
  const context: CliContext = {
    io: {
      out: (text) => void (out += `${text}\n`),
      err: (text) => void (err += `${text}\n`),
      ...{ isInteractive, confirm },
    },
    ...{ cwd: '/', version: '1.4.0', nowMs: () => Date.UTC(2026, 0, 2) },
    client: () => createLocalClient(home),
    ...{ config: () => expect.unreachable(), openDevice: () => expect.unreachable() },
    ...{ runAgent: () => expect.unreachable(), logout: () => expect.unreachable() },
    examineAlone: () => Promise.resolve({ checks: [{ name: 'agent', ok: false, detail: 'not running' }] }),
  };
  const exitCode = await runProgram(args, context);
  return { exitCode, out, err, json: <T = Record<string, unknown>>() => JSON.parse(out) as T };
}

const create = (local = '/data/Docs') =>
  cli('task', 'create', '--local', local, '--cloud', 'team/Engineering:/', '--yes', '--json');

describe('the command line and the agent', () => {
  it('[TA-1] creates a task, and it runs', async () => {
    const created = await create();
    expect(created).toMatchObject({ exitCode: 0, err: '' });
    const { id } = created.json<{ id: string }>();
    expect([...server.registered.keys()]).toEqual([id]);
    expect(await cli('wait', '--timeout', '20')).toMatchObject({ exitCode: 0 });
    const status = (await cli('status', '--json')).json();
    expect(status).toMatchObject({
      tasks: [{ id, status: 'up_to_date', pending: 0, failed: 0, skipped: 0, verified: true }],
      limits: { tasks: 1, maxTasks: 2, files: 3, maxFiles: 1000 },
      ...{ keyStore: 'file', server: 'https://console.test', connection: 'online' },
    });
    expect(status['tasks']).toMatchObject([{ lastFullSync: '2026-01-01T00:00:00.000Z' }]);
  });

  it('waits for a look that began after the call', async () => {
    await create();
    await cli('wait');
    const before = runs;
    await cli('wait');
    expect(runs).toBeGreaterThan(before);
  });

  it.each<[Partial<CycleReport>, number]>([
    [{ holds: 1 }, 4],
    [{ failed: 1 }, 5],
    [{ stop: { why: 'blocked', reason: 'root', detail: 'gone' } }, 5],
  ])('ends a wait on %j with %d', async (outcome, exitCode) => {
    await create();
    report = { ...done, ...outcome };
    expect((await cli('wait', '--json', '--timeout', '20')).exitCode).toBe(exitCode);
  });

  it('ends a wait that takes too long with 1 and says so', async () => {
    await create();
    report = { ...done, stop: { why: 'offline', detail: 'no answer' } };
    const waited = await cli('wait', '--timeout', '0.05', '--json');
    expect(waited.exitCode).toBe(1);
    expect(waited.json()).toMatchObject({ error: { code: 'TIMEOUT' } });
  });

  it('says that a wait was in vain because the server cannot be reached, and so does the status', async () => {
    await create();
    await cli('wait', '--timeout', '20');
    server.failure = new AppError('SERVER_UNREACHABLE', { server: 'https://console.test' });
    report = { ...done, stop: { why: 'offline', detail: 'no answer' } };
    tell({ type: 'settings' });
    await expect.poll(() => started!.agent.watch.connection).toBe('offline');
    const waited = await cli('wait', '--timeout', '0.05');
    expect(waited).toMatchObject({ exitCode: 1, out: '' });
    expect(waited.err).toMatch(/^TIMEOUT: .* The server https:\/\/console\.test cannot be reached.*\n$/);
    const status = (await cli('status')).out;
    expect(status).toMatch(/https:\/\/console\.test \(offline\)/);
    expect(status).toMatch(/queued \(offline\)/);
    expect((await cli('task', 'list', '--json')).json()).toMatchObject({ tasks: [{ offline: true }] });
  });

  it('[TA-4] [D10] pauses, resumes and cancels; a cancelled task is gone here, with what it had begun to fetch, and at the server', async () => {
    const { id } = (await create()).json<{ id: string }>();
    expect((await cli('task', 'pause', id, '--json')).json()).toMatchObject({ status: 'paused', reason: 'user' });
    expect(await cli('wait', '--timeout', '5')).toMatchObject({ exitCode: 0 });
    expect((await cli('task', 'resume', id, '--json')).json()).not.toMatchObject({ status: 'paused' });
    expect(dropped).toBe(0);
    expect((await cli('task', 'cancel', id, '--json')).json()).toMatchObject({ id, status: 'cancelled' });
    expect(dropped).toBe(1);
    expect((await cli('task', 'list', '--json')).json()).toEqual({ tasks: [] });
    expect(server.registered.size).toBe(0);
  });

  it('[TA-8] syncs a paused task once, and says so when it is over', async () => {
    const { id } = (await create()).json<{ id: string }>();
    await cli('task', 'pause', id);
    const before = runs;
    expect(await cli('task', 'sync', id, '--wait')).toMatchObject({ exitCode: 0 });
    expect(runs).toBeGreaterThan(before);
    expect((await cli('task', 'show', id, '--json')).json()).toMatchObject({ status: 'paused', reason: 'user' });
  });

  it('[PE-2] pauses a task that lost its right within a message, and resumes it with the right', async () => {
    const { id } = (await create()).json<{ id: string }>();
    const task = started!.agent.tasks.get(id);
    server.right = 'none';
    tell({ type: 'rights', space: SPACE_ID as never });
    await expect.poll(() => task.status()).toEqual({ status: 'paused', reason: 'permission' });
    expect(await cli('task', 'sync', id)).toMatchObject({
      exitCode: 1,
      err: expect.stringMatching(/^TASK_PAUSED_BY: /),
    });
    server.right = 'synchronizer';
    tell({ type: 'rights', space: SPACE_ID as never });
    await expect.poll(() => task.status().status).toBe('up_to_date');
  });

  it('[EN-4] pauses every task when the feature goes, and resumes when it is back', async () => {
    const { id } = (await create()).json<{ id: string }>();
    const task = started!.agent.tasks.get(id);
    server.refusal = 'SYNC_DISABLED';
    tell({ type: 'settings' });
    await expect.poll(() => task.status()).toEqual({ status: 'paused', reason: 'disabled' });
    expect(await create('/data/Other')).toMatchObject({ exitCode: 1, out: expect.stringContaining('SYNC_DISABLED') });
    server.refusal = null;
    tell({ type: 'settings' });
    await expect.poll(() => task.status().status).toBe('up_to_date');
  });

  it('is blocked when the device is revoked', async () => {
    const { id } = (await create()).json<{ id: string }>();
    server.failure = new AppError('DEVICE_REVOKED');
    tell({ type: 'settings' });
    await expect
      .poll(() => started!.agent.tasks.get(id).status())
      .toEqual({ status: 'blocked', reason: 'credentials' });
    expect((await cli('wait', '--timeout', '5')).exitCode).toBe(5);
  });

  it('[LI-1] refuses a task above the limit', async () => {
    await create('/data/1');
    await create('/data/2');
    const third = await create('/data/3');
    expect(third.exitCode).toBe(1);
    expect(third.json()).toMatchObject({ error: { code: 'LIMIT_TASKS', fix: expect.any(String) } });
  });

  it('changes only the settings that are named', async () => {
    const { id } = (await create()).json<{ id: string }>();
    const configured = await cli(
      'task',
      'configure',
      id,
      '--up',
      '500KB/s',
      '--exclude',
      '*.tmp',
      '--no-auto',
      '--json',
    );
    expect(configured.json()).toMatchObject({
      settings: { uploadBytesPerSecond: 500_000, downloadBytesPerSecond: null, exclude: ['*.tmp'], auto: false },
    });
    const again = await cli('task', 'configure', id, '--auto', '--no-exclude', '--json');
    expect(again.json()).toMatchObject({ settings: { uploadBytesPerSecond: 500_000, exclude: [], auto: true } });
    const lifted = await cli('task', 'configure', id, '--up', 'none', '--json');
    expect(lifted.json()).toMatchObject({ settings: { uploadBytesPerSecond: null, auto: true } });
  });

  describe('[TA-1] limits', () => {
    const OFFICE = 'mon-fri 09:00-17:00 up=2MB/s';

    it('of the device are set, shown with what holds now, and lifted', async () => {
      expect((await cli('throttle', '--json')).json()).toEqual({
        ...{ settings: NO_THROTTLE, policy: NO_THROTTLE },
        inForce: { uploadBytesPerSecond: null, downloadBytesPerSecond: null, hours: null },
      });
      const set = await cli('throttle', '--up', '8MB/s', '--down', '20MB/s', '--hours', OFFICE, '--json');
      expect(set.json()).toMatchObject({
        settings: {
          uploadBytesPerSecond: 8_000_000,
          throttleHours: [{ from: '09:00', uploadBytesPerSecond: 2_000_000 }],
        },
        inForce: { uploadBytesPerSecond: 2_000_000, downloadBytesPerSecond: 20_000_000, hours: { to: '17:00' } },
      });
      expect((await cli('throttle')).out).toContain('up 2.0 MB/s, down 20.0 MB/s (mon-fri 09:00-17:00)');
      throttleAtMs = Date.UTC(2026, 10, 27, 17);
      expect((await cli('status', '--json')).json()).toMatchObject({
        throttle: { uploadBytesPerSecond: 8_000_000, downloadBytesPerSecond: 20_000_000, hours: null },
      });
      expect((await cli('status')).out).toContain('up 8.0 MB/s, down 20.0 MB/s');
      const lifted = await cli('throttle', '--up', 'none', '--no-hours', '--json');
      expect(lifted.json()).toMatchObject({
        settings: { uploadBytesPerSecond: null, downloadBytesPerSecond: 20_000_000, throttleHours: [] },
      });
    });

    it('of a task have hours, too, and never go beyond those of the device', async () => {
      const { id } = (await create()).json<{ id: string }>();
      await cli('throttle', '--up', '5MB/s');
      const set = await cli('task', 'configure', id, '--down', '3MB/s', '--hours', OFFICE, '--json');
      expect(set.json()).toMatchObject({
        settings: { downloadBytesPerSecond: 3_000_000, throttleHours: [{ to: '17:00' }] },
        throttle: { uploadBytesPerSecond: 2_000_000, downloadBytesPerSecond: 3_000_000 },
      });
      throttleAtMs = Date.UTC(2026, 10, 28, 10); // a Saturday
      expect((await cli('task', 'show', id, '--json')).json()).toMatchObject({
        throttle: { uploadBytesPerSecond: 5_000_000, downloadBytesPerSecond: 3_000_000 },
      });
      expect((await cli('task', 'show', id)).out).toContain('up 5.0 MB/s, down 3.0 MB/s');
    });

    it('of the enterprise hold from the moment they are told', async () => {
      server.policy = { ...server.policy, throttle: { ...NO_THROTTLE, uploadBytesPerSecond: 1_000_000 } };
      tell({ type: 'settings' } as never);
      const upNow = async () => (await cli('throttle', '--json')).json<ThrottleAnswer>().inForce.uploadBytesPerSecond;
      await expect.poll(upNow).toBe(1_000_000);
      expect((await cli('throttle')).out).toContain('Upload limit (enterprise)');
    });

    it('that make no sense are refused', async () => {
      expect((await cli('throttle', '--hours', 'at noon')).exitCode).toBe(2);
      expect((await cli('throttle', '--up', 'fast')).exitCode).toBe(2);
    });
  });

  it('[TA-5] asks a person at a terminal, and nobody else', async () => {
    const args = ['task', 'create', '--local', '/data/Docs', '--cloud', 'team/Engineering:/'];
    const declined = await atTerminal(false, ...args);
    expect(declined).toMatchObject({ exitCode: 1, err: '', out: expect.stringMatching(/Nothing was created\.\n$/) });
    expect(server.registered.size).toBe(0);
    expect(await atTerminal(true, ...args)).toMatchObject({ exitCode: 0 });
    expect(await cli(...args.map((arg) => arg.replace('/Docs', '/More')))).toMatchObject({ exitCode: 0 });
    expect(server.registered.size).toBe(2);
  });

  it('[TA-3] says that a filter fits no task, not that there is none', async () => {
    expect((await cli('task', 'list')).out).toMatch(/No sync tasks/);
    await create();
    expect((await cli('task', 'list', '--type', 'upload')).out).toMatch(/^No task fits this filter/);
    expect(await cli('task', 'list', '--space', 'share', '--json')).toMatchObject({
      exitCode: 0,
      out: '{"tasks":[]}\n',
    });
    expect((await cli('task', 'list', '--space', 'team', '--json')).json()).toMatchObject({ tasks: [{}] });
  });

  it('[TA-3] shows the limits that are set, and lists files without empty columns', async () => {
    const { id } = (await create()).json<{ id: string }>();
    expect((await cli('task', 'show', id)).out).not.toMatch(/limit/i);
    const { out } = await cli('task', 'configure', id, '--up', '500KB/s', '--down', '2MB/s');
    expect(out).toMatch(/Upload limit +500 KB\/s\nDownload limit +2\.0 MB\/s/);
    const skipped = await cli('task', 'files', id, '--state', 'skipped', '--json');
    expect(skipped.json()).toEqual({ files: [], next: null });
  });

  it('[UP-4] keeps the delete switch to upload tasks', async () => {
    const { id } = (await create()).json<{ id: string }>();
    const refused = await cli('task', 'configure', id, '--propagate-deletes');
    expect(refused).toMatchObject({ exitCode: 2, err: expect.stringMatching(/^USAGE: .*upload tasks/) });
    expect(await cli('task', 'configure', id, '--no-propagate-deletes')).toMatchObject({ exitCode: 0 });
  });

  it('keeps tasks, and the user pause, over a restart', async () => {
    const { id } = (await create()).json<{ id: string }>();
    await cli('task', 'pause', id);
    await started!.stop();
    started = await startAgent(parts());
    expect((await cli('task', 'show', id.slice(0, 35), '--json')).json()).toMatchObject({ id, status: 'paused' });
  });

  it('[FI-4] goes on with its tasks and their state after the device was enrolled again', async () => {
    const { id } = (await create()).json<{ id: string }>();
    expect(started!.agent.tasks.get(id).record).toMatchObject({ registeredBy: 'd1', journalMade: true });
    await started!.stop();
    server.registered.clear(); // the server knows the new device only
    started = await startAgent({ ...parts(), identity: { ...parts().identity, deviceId: 'd2' } });
    await expect.poll(() => [...server.registered.keys()]).toEqual([id]);
    await expect
      .poll(() => started!.agent.tasks.get(id).record)
      .toMatchObject({ registeredBy: 'd2', journalMade: true });
    expect(await cli('wait', '--timeout', '20')).toMatchObject({ exitCode: 0 });
  });

  it('removes at the next start what a crash left half made', async () => {
    const { id } = (await create()).json<{ id: string }>();
    const record = started!.agent.tasks.get(id).record;
    await started!.stop();
    new TaskStore(home).save({ ...record, state: 'creating' });
    started = await startAgent(parts());
    expect((await cli('task', 'list', '--json')).json()).toEqual({ tasks: [] });
    await expect.poll(() => server.registered.size).toBe(0);
    expect(existsSync(join(home, 'tasks', id))).toBe(false);
  });

  it('takes a task up again whose record was damaged, paused until its person looks at it', async () => {
    const { id } = (await create()).json<{ id: string }>();
    await started!.stop();
    const path = join(home, 'tasks', id, 'task.json');
    rmSync(path);
    new TaskStore(home).save({ id } as never);
    started = await startAgent(parts());
    await expect
      .poll(async () => (await cli('task', 'show', id, '--json')).json())
      .toMatchObject({
        ...{ status: 'paused', reason: 'user', local: '/data/Docs' },
      });
    expect(readFileSync(`${path}.damaged-1`, 'utf8')).toContain(id);
  });
});

describe('errors of the command line', () => {
  it('says one clear line with a code and what to do', async () => {
    const { exitCode, out, err } = await cli('task', 'show', '018f2c5e-0000-7000-8000-000000000000');
    expect({ exitCode, out }).toEqual({ exitCode: 1, out: '' });
    expect(err).toMatch(/^TASK_UNKNOWN: There is no task .* See `tideline task list`\.\n$/);
  });

  it.each([
    ['an unknown command', ['fly']],
    ['an unknown option', ['status', '--fast']],
    ['a missing option', ['task', 'create', '--local', '/x']],
    ['a wrong choice', ['task', 'list', '--sort', 'size']],
    ['a wrong rate', ['task', 'create', '--local', '/x', '--cloud', 'personal:/', '--up', 'fast']],
    ['a wrong cloud path', ['task', 'create', '--local', '/x', '--cloud', 'nowhere', '--yes']],
    ['no setting', ['task', 'configure', '018f2c5e']],
    ['a wrong timeout', ['wait', '--timeout', 'soon']],
  ])('answers %s with usage, exit 2, in words and as a value', async (_, args) => {
    const text = await cli(...args);
    expect(text).toMatchObject({ exitCode: 2, out: '' });
    expect(text.err).toMatch(/^(USAGE|CLOUD_PATH_INVALID): .+\n$/);
    const value = await cli(...args, '--json');
    expect(value).toMatchObject({ exitCode: 2, err: '' });
    expect(value.json()).toMatchObject({ error: { code: expect.any(String), message: expect.any(String) } });
  });

  it('says that the agent is not running, exit 6', async () => {
    await started!.stop();
    started = null;
    expect(await cli('status')).toMatchObject({ exitCode: 6, err: expect.stringMatching(/^AGENT_NOT_RUNNING: /) });
    expect((await cli('task', 'list', '--json')).json()).toMatchObject({ error: { code: 'AGENT_NOT_RUNNING' } });
    const doctor = await cli('doctor', '--json');
    expect(doctor).toMatchObject({ exitCode: 6, err: '' });
    expect(doctor.json()).toMatchObject({ checks: [{ name: 'agent', ok: false }] });
  });

  it('prints its version without an agent', async () => {
    expect((await cli('version', '--json')).json()).toMatchObject({ version: '1.4.0', protocol: 1 });
  });
});

describe('the doors of the local API', () => {
  function ask(options: { headers?: Record<string, string>; path?: string }): Promise<number> {
    const { port } = findEndpoint(home)!;
    const { promise, resolve, reject } = Promise.withResolvers<number>();
    const asked = request({ host: '127.0.0.1', port, path: options.path ?? '/v1/status', headers: options.headers });
    asked.once('error', reject);
    asked.once('response', (response) => (response.resume(), resolve(response.statusCode ?? 0)));
    asked.end();
    return promise;
  }

  it('opens the port to the token only, and says that it lives to everybody', async () => {
    const { token } = findEndpoint(home)!;
    expect(await ask({})).toBe(401);
    expect(await ask({ headers: { authorization: 'Bearer wrong' } })).toBe(401);
    expect(await ask({ headers: { authorization: `Bearer ${token}` } })).toBe(200);
    expect(await ask({ path: '/health' })).toBe(200);
  });

  it('refuses a page of elsewhere that got a name to point here', async () => {
    const { token } = findEndpoint(home)!;
    expect(await ask({ headers: { authorization: `Bearer ${token}`, host: 'evil.example' } })).toBe(403);
  });

  it('keeps socket and token to their owner', () => {
    const { socketPath } = findEndpoint(home)!;
    expect(statSync(socketPath).mode & 0o077).toBe(0);
    expect(statSync(join(home, 'local-api.json')).mode & 0o077).toBe(0);
  });
});
