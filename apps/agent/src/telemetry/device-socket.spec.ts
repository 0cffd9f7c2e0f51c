import { once } from 'node:events';
import { createServer, type IncomingMessage, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { FromDevice, DeviceReport, type TaskReport } from '@tideline/contracts';
import { createApiClient, createDeviceAuth } from '@tideline/drive-client';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { WebSocketServer, type WebSocket } from 'ws';
import { createDeviceSocket, type DeviceSocket, type DeviceSocketEvent } from './device-socket.ts';
import { reconnectWaitMs } from './reconnect.ts';
import type { ReportBody } from './report-sender.ts';
import { reportDueAtMs } from './report-schedule.ts';
import type { Timers } from './timers.ts';

/** Time that the test moves; tells which waits there are. */
class ManualTimers implements Timers {
  #nowMs = 0;
  #waiting: { atMs: number; work: () => void }[] = [];

  nowMs(): number {
    return this.#nowMs;
  }

  after(ms: number, work: () => void): () => void {
    const entry = { atMs: this.#nowMs + ms, work };
    this.#waiting.push(entry);
    return () => (this.#waiting = this.#waiting.filter((each) => each !== entry));
  }

  pass(ms: number): void {
    const untilMs = this.#nowMs + ms;
    for (;;) {
      const next = this.#waiting.filter((each) => each.atMs <= untilMs).sort((a, b) => a.atMs - b.atMs)[0];
      if (!next) break;
      this.#waiting = this.#waiting.filter((each) => each !== next);
      this.#nowMs = next.atMs;
      next.work();
    }
    this.#nowMs = untilMs;
  }
}

/** Hands out what came in, one by one, and waits for what has not come yet. */
class Inbox<T> {
  readonly #left: T[] = [];
  readonly #takers: ((entry: T) => void)[] = [];
  count = 0;

  put(entry: T): void {
    this.count += 1;
    const taker = this.#takers.shift();
    if (taker) taker(entry);
    else this.#left.push(entry);
  }

  take(): Promise<T> {
    const entry = this.#left.shift();
    return entry !== undefined ? Promise.resolve(entry) : new Promise((resolve) => this.#takers.push(resolve));
  }
}

let http: Server;
let sockets: WebSocketServer;
let url = '';
let timers: ManualTimers;
let device: DeviceSocket;
let validToken = 'token-1';
let lines: Inbox<WebSocket>;
let messages: Inbox<FromDevice>;
let events: Inbox<DeviceSocketEvent>;
let reports: Inbox<DeviceReport>;

beforeEach(async () => {
  [lines, messages, events, reports] = [new Inbox(), new Inbox(), new Inbox(), new Inbox()];
  timers = new ManualTimers();
  validToken = 'token-1';
  sockets = new WebSocketServer({ noServer: true });
  http = createServer((request, response) => {
    void readText(request).then((text) => {
      reports.put(DeviceReport.parse(JSON.parse(text)));
      response.writeHead(200, { 'content-type': 'application/json' }).end('{}');
    });
  });
  http.on('upgrade', (request, socket, head) => {
    if (request.url !== '/api/socket' || request.headers.authorization !== `Bearer ${validToken}`) {
      return socket.end('HTTP/1.1 401 Unauthorized\r\nconnection: close\r\n\r\n');
    }
    return sockets.handleUpgrade(request, socket, head, (line) => {
      line.on('message', (raw) => messages.put(FromDevice.parse(JSON.parse((raw as Buffer).toString()))));
      lines.put(line);
    });
  });
  await new Promise<void>((resolve) => http.listen(0, '127.0.0.1', resolve));
  url = `http://127.0.0.1:${(http.address() as AddressInfo).port}`;
  device = deviceOf();
});
afterEach(async () => {
  await device.stop();
  sockets.close();
  for (const line of sockets.clients) line.terminate();
  http.closeAllConnections();
  await new Promise((resolve) => http.close(resolve));
});

function deviceOf(): DeviceSocket {
  let asked = 0;
  const requestToken = async () => ({ accessToken: `token-${(asked += 1)}`, lifetimeMs: 900_000 });
  const auth = createDeviceAuth({ requestToken, clock: { nowMs: () => 0 } });
  const client = createApiClient({ baseUrl: url });
  return createDeviceSocket({
    session: { server: url, auth, client },
    onEvent: (event) => events.put(event),
    random: () => 0.5,
    timers,
  });
}

async function readText(request: IncomingMessage): Promise<string> {
  let text = '';
  for await (const run of request) text += String(run);
  return text;
}

async function connected(): Promise<WebSocket> {
  device.start();
  const line = await lines.take();
  expect(await events.take()).toEqual({ type: 'connected' });
  expect((await messages.take()).type).toBe('watch.v1');
  return line;
}
/** What the device has sent until now has arrived when its answer to a ping has. */
async function settled(line: WebSocket): Promise<void> {
  line.ping();
  await once(line, 'pong');
}

const SPACE = '0190a000-0000-7000-8000-000000000001' as never;
const OTHER = '0190a000-0000-7000-8000-000000000002' as never;
const task = (status: TaskReport['status'], files = 1): TaskReport => ({
  id: SPACE,
  status,
  reason: null,
  files,
  folders: 0,
  pending: 0,
  pendingBytes: 0,
  failed: 0,
  skipped: 0,
  holds: 0,
  problems: [],
  lastFullSync: null,
  verified: null,
});
const report = (...tasks: TaskReport[]): ReportBody => ({
  agentVersion: '1.4.0',
  keyStore: 'file',
  keyProblem: false,
  freeDiskBytes: 1,
  diskBytes: 2,
  rssBytes: 3,
  watcherFallback: false,
  tasks,
});
const filesOf = (message: FromDevice | DeviceReport) =>
  ('tasks' in message ? message : message.type === 'report.v1' ? message.report : undefined)?.tasks[0]?.files;

describe('the line', () => {
  it('tells nudges, rights and settings, and nothing of what it does not know', async () => {
    const line = await connected();
    line.send('not json');
    line.send(JSON.stringify({ type: 'hologram.v9', space: SPACE }));
    line.send(JSON.stringify({ type: 'nudge.v1', space: SPACE, seq: 7, added: true }));
    line.send(JSON.stringify({ type: 'rights.v1', space: SPACE }));
    line.send(JSON.stringify({ type: 'settings.v1' }));
    expect(await events.take()).toEqual({ type: 'nudge', space: SPACE, seq: 7 });
    expect(await events.take()).toEqual({ type: 'rights', space: SPACE });
    expect(await events.take()).toEqual({ type: 'settings' });
  });

  it('tells the watched spaces again after it was cut', async () => {
    device.watch([SPACE, OTHER]);
    device.start();
    const line = await lines.take();
    expect(await messages.take()).toEqual({ type: 'watch.v1', spaces: [SPACE, OTHER] });
    expect(await events.take()).toEqual({ type: 'connected' });
    line.terminate();
    expect((await events.take()).type).toBe('disconnected');
    expect(device.isConnected()).toBe(false);
    timers.pass(500);
    await lines.take();
    expect(await messages.take()).toEqual({ type: 'watch.v1', spaces: [SPACE, OTHER] });
    expect(await events.take()).toEqual({ type: 'connected' });
  });

  it('asks for another token when the server refuses the one it has', async () => {
    validToken = 'token-2';
    device.start();
    await once(http, 'upgrade');
    const upgraded = once(http, 'upgrade');
    while (lines.count === 0) {
      timers.pass(500);
      await Promise.race([upgraded, new Promise((resolve) => setImmediate(resolve))]);
    }
    expect(await events.take()).toEqual({ type: 'connected' });
  });

  it('beats when nothing else was sent for as long as the server asked', async () => {
    const line = await connected();
    line.send(JSON.stringify({ type: 'welcome.v1', heartbeatSeconds: 20 }));
    line.send(JSON.stringify({ type: 'settings.v1' }));
    await events.take();
    timers.pass(15_000);
    device.watch([OTHER]);
    expect((await messages.take()).type).toBe('watch.v1');
    timers.pass(14_999);
    await settled(line);
    expect(messages.count).toBe(2);
    timers.pass(5001);
    expect(await messages.take()).toEqual({ type: 'heartbeat.v1' });
  });

  it('ends when the other side shows no sign of life between two pings', async () => {
    const line = await connected();
    line.pause();
    timers.pass(60_000);
    expect((await events.take()).type).toBe('disconnected');
  });

  it('stays away once it is stopped', async () => {
    await connected();
    await device.stop();
    expect((await events.take()).type).toBe('disconnected');
    timers.pass(600_000);
    expect(lines.count).toBe(1);
  });
});

describe('reports', () => {
  it('leave at once with a changed status, else after a while, and only the newest', async () => {
    const line = await connected();
    device.report(report(task('scanning', 1)));
    timers.pass(0);
    expect(filesOf(await messages.take())).toBe(1);
    await settled(line);
    device.report(report(task('scanning', 2)));
    device.report(report(task('scanning', 3)));
    timers.pass(14_999);
    await settled(line);
    expect(messages.count).toBe(2);
    timers.pass(1);
    const message = await messages.take();
    expect(filesOf(message)).toBe(3);
    expect(message.type === 'report.v1' && message.report.sequence).toBe(2);
    device.report(report(task('up_to_date', 4)));
    timers.pass(0);
    expect(filesOf(await messages.take())).toBe(4);
  });

  it('are told again after the line was cut', async () => {
    const line = await connected();
    device.report(report(task('syncing', 5)));
    timers.pass(0);
    expect(filesOf(await messages.take())).toBe(5);
    line.terminate();
    await events.take();
    timers.pass(500);
    await lines.take();
    expect((await messages.take()).type).toBe('watch.v1');
    timers.pass(0);
    expect(filesOf(await messages.take())).toBe(5);
  });

  it('go over HTTP while the line is down', async () => {
    device.report(report(task('syncing', 6)));
    timers.pass(0);
    expect(filesOf(await reports.take())).toBe(6);
    expect(messages.count).toBe(0);
  });

  it('go over HTTP when they are too large for the line', async () => {
    await connected();
    device.report({ ...report(task('syncing', 7)), agentVersion: 'x'.repeat(70_000) });
    timers.pass(0);
    expect(filesOf(await reports.take())).toBe(7);
  });
});

it.each([
  ['at once for a changed status', { waitingSinceMs: 100, lastSentMs: 99, statusChanged: true }, 100],
  ['at once for the first', { waitingSinceMs: 100, lastSentMs: null, statusChanged: false }, 100],
  ['after the debounce', { waitingSinceMs: 90_000, lastSentMs: 0, statusChanged: false }, 92_000],
  ['not more often than the interval', { waitingSinceMs: 100, lastSentMs: 99, statusChanged: false }, 15_099],
])('a report is due %s', (_, state, dueAtMs) => {
  expect(reportDueAtMs(state)).toBe(dueAtMs);
});

it('waits longer from try to try, up to a minute', () => {
  const almostOne = () => 0.999_999;
  const waits = [0, 1, 2, 5, 6, 100].map((attempt) => Math.round(reconnectWaitMs(attempt, almostOne)));
  expect(waits).toEqual([1000, 2000, 4000, 32_000, 60_000, 60_000]);
  expect(reconnectWaitMs(0, () => 0)).toBe(0);
});
