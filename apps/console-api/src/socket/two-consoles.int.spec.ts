import { randomUUID } from 'node:crypto';
import { mkdtemp, rm } from 'node:fs/promises';
import type { AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import path from 'node:path';
import type { NestFastifyApplication } from '@nestjs/platform-fastify';
import { encodeFrame, FRAME_CONTENT_TYPE, type EnterpriseId, type SpaceId } from '@tideline/contracts';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { createApp } from '../app/create-app.ts';
import { readServerConfig } from '../config/server-config.ts';
import { createDataSource } from '../database/data-source.ts';
import { ExpiredGrantsJob } from '../grants/expired-grants.job.ts';
import { SocketHub } from '../platform/socket-hub.ts';
import { ManualClock } from '../testing/manual-clock.ts';
import { SilentLog } from '../testing/silent-log.ts';
import { startTestConsole, type TestConsole } from '../testing/test-console.ts';
import { enrollDevice, type TestDevice } from '../testing/test-device.ts';
import { TestSocket } from '../testing/test-socket.ts';
import { LocalSocketHub } from './local-socket-hub.ts';
import { RELAY_CHANNEL } from './hub-relay.ts';

type Space = { readonly id: SpaceId; readonly kind: string; readonly rootId: string };
type Second = { readonly app: NestFastifyApplication; readonly url: string; readonly stop: () => Promise<void> };

let first: TestConsole;
let second: Second;
let enterpriseId: EnterpriseId;
let ada: TestDevice;
let personal: Space;
let team: Space;

beforeAll(async () => {
  first = await startTestConsole('demo');
  second = await startSecond();
  enterpriseId = ((await first.admin.get('/session')).body as { enterprise?: { id: EnterpriseId } }).enterprise!.id;
  ada = await enrollDevice(first.anybody, first.bootstrap.enrollmentToken, 'ada@tideline.example');
  const spaces = (await ada.api.get('/spaces')).body['spaces'] as Space[];
  [personal, team] = ['personal', 'team'].map((kind) => spaces.find((space) => space.kind === kind)) as [Space, Space];
});
afterAll(async () => {
  await second.stop();
  await first.stop();
});

/** Another console on the same database, with connections of its own. */
async function startSecond(): Promise<Second> {
  const dataSource = await createDataSource(first.database.url).initialize();
  const folder = await mkdtemp(path.join(tmpdir(), 'tideline-second-console-'));
  const config = readServerConfig({ TIDELINE_DATA: folder, TIDELINE_PORT: '0' });
  const parts = { config, dataSource, clock: new ManualClock(), log: new SilentLog() };
  const app = await createApp({ ...parts, webFolder: path.join(folder, 'web') });
  await app.listen(0, '127.0.0.1');
  const stop = async () => {
    await app.close();
    await dataSource.destroy();
    await rm(folder, { recursive: true, force: true });
  };
  return { app, url: `http://127.0.0.1:${(app.getHttpServer().address() as AddressInfo).port}`, stop };
}

/** Ada's device at the second console, watching these spaces. */
async function watching(...spaces: readonly Space[]): Promise<TestSocket> {
  const socket = await TestSocket.open(second.url, ada.api.headers);
  const ids = spaces.map(({ id }) => id);
  socket.say({ type: 'watch.v1', spaces: ids });
  const { connections } = second.app.get(LocalSocketHub);
  await expect.poll(() => [...connections.all()].some(({ watched }) => ids.every((id) => watched.has(id)))).toBe(true);
  return socket;
}

async function makeFolder(at: string, space: Space): Promise<void> {
  const ids = { opId: randomUUID(), nodeId: randomUUID() };
  const op = { kind: 'createFolder', ...ids, parentId: space.rootId, name: randomUUID() };
  const answer = await fetch(`${at}/api/spaces/${space.id}/batch`, {
    method: 'POST',
    headers: { ...ada.api.headers, 'content-type': FRAME_CONTENT_TYPE },
    body: Buffer.concat([...encodeFrame({ atomic: true, ops: [op], inline: [] }, [])].map((part) => Buffer.from(part))),
  });
  expect(await answer.json()).toMatchObject({ outcomes: [{ status: 'done' }] });
}

describe('an agent at one of two consoles', () => {
  it('is nudged by a commit at the other', async () => {
    const socket = await watching(personal);
    await makeFolder(first.url, personal);
    expect(await socket.told('nudge.v1')).toMatchObject({ space: personal.id, seq: expect.any(Number) as number });
    socket.close();
  });

  it('[PE-2] is told of a right whose end the other one saw', async () => {
    const to = { type: 'user', id: await idOfAda() };
    const { body: grant } = await first.admin.call('PUT', `/nodes/${team.rootId}/grants`, { to, syncRight: 'backer' });
    expect(grant['id']).toBeDefined();
    const socket = await watching(team);
    await first.database.dataSource.query(
      `UPDATE folder_grant SET sync_expires_at = now() - interval '1 second' WHERE id = $1`,
      [grant['id']],
    );
    expect(await first.app.get(ExpiredGrantsJob).run(AbortSignal.any([]))).toEqual({ told: 1 });
    expect(await socket.told('rights.v1')).toMatchObject({ space: team.id });
    socket.close();
  });

  it('[VE-3] is told of room that was freed at the other, and its page there of its coming', async () => {
    const page = await TestSocket.open(first.url, { ...first.admin.headers, origin: first.url });
    await page.told('welcome.v1');
    const socket = await watching(personal);
    expect(await page.told('device.v1')).toMatchObject({ deviceId: ada.deviceId });
    first.app.get(SocketHub).roomFreed(enterpriseId, personal.id);
    expect(await socket.told('room.v1')).toMatchObject({ space: personal.id });
    page.close();
    socket.close();
  });

  it('is told once of what its own console does', async () => {
    const socket = await watching(personal);
    const hub = second.app.get(SocketHub);
    for (const seq of [1000, 1001]) hub.nudgeSpace(enterpriseId, personal.id, seq);
    first.app.get(SocketHub).nudgeSpace(enterpriseId, personal.id, 1002); // behind whatever the database would bring back
    await socket.told('nudge.v1', ({ seq }) => seq === 1002);
    const seqs = socket.messages.filter(({ type }) => type === 'nudge.v1').map(({ seq }) => seq);
    expect(seqs).toEqual([1000, 1001, 1002]);
    socket.close();
  });

  it('is nudged again after the database closed what its console listens on', async () => {
    const socket = await watching(personal);
    const { dataSource } = first.database;
    await dataSource.query(
      `SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE datname = current_database() AND query LIKE $1`,
      [`LISTEN ${RELAY_CHANNEL}%`],
    );
    let seq = 2000;
    await expect
      .poll(
        () => {
          first.app.get(SocketHub).nudgeSpace(enterpriseId, personal.id, (seq += 1));
          return socket.messages.some((message) => message.type === 'nudge.v1' && Number(message['seq']) > 2000);
        },
        { timeout: 20_000 },
      )
      .toBe(true);
    socket.close();
  });
});

async function idOfAda(): Promise<string> {
  const users = (await first.admin.get('/users')).body['users'] as { id: string; email: string }[];
  return String(users.find(({ email }) => email === 'ada@tideline.example')?.id);
}
