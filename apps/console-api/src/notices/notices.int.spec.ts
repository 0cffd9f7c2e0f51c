import { randomUUID } from 'node:crypto';
import { encodeFrame, FRAME_CONTENT_TYPE, type Notice } from '@tideline/contracts';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { JobRunner } from '../jobs/job-runner.ts';
import { ENTITLEMENT_NOTICE_JOB } from '../operator/entitlement-notice.job.ts';
import type { ApiClient } from '../testing/api-client.ts';
import { startTestConsole, type TestConsole } from '../testing/test-console.ts';
import { enrollRequest, TestKey } from '../testing/test-device.ts';
import { TestSocket } from '../testing/test-socket.ts';
import { NOTICE_CLEANUP_JOB } from './notice.service.ts';

const DAY_MS = 86_400_000;
const HOUR_MS = 3_600_000;
type Person = { api: ApiClient; userId: string; email: string };

let server: TestConsole;
let ada: Person;
let ben: Person;
beforeAll(async () => {
  server = await startTestConsole('demo');
  [ada, ben] = (await Promise.all(['ada', 'ben'].map(enter))) as [Person, Person];
});
afterAll(() => server.stop());

async function enter(name: string): Promise<Person> {
  const person = (server.bootstrap.people ?? []).find(({ email }) => email.startsWith(name));
  if (!person) throw new Error(`the demo has no ${name}`);
  const { enterpriseCode } = server.bootstrap;
  const api = await server.anybody.login({ enterpriseCode, email: person.email, password: person.password });
  return { api, userId: String((await api.get('/session')).body['userId']), email: person.email };
}

function signIn(): Promise<ApiClient> {
  const { enterpriseCode, adminEmail: email, adminPassword: password } = server.bootstrap;
  return server.anybody.login({ enterpriseCode, email, password });
}

async function noticesOf(api: ApiClient): Promise<{ notices: Notice[]; unseen: number }> {
  return (await api.get('/session/notices')).body as never;
}
const ofKind = async (api: ApiClient, kind: Notice['kind']) =>
  (await noticesOf(api)).notices.filter((notice) => notice.kind === kind);
const openPage = (api: ApiClient) => TestSocket.open(server.url, { ...api.headers, origin: server.url });

/** Ada makes a folder and hands it over to Ben. */
async function handOver(name: string): Promise<string> {
  const { spaces } = (await ada.api.get('/spaces')).body as { spaces: { id: string; kind: string; rootId: string }[] };
  const own = spaces.find(({ kind }) => kind === 'personal');
  const nodeId = randomUUID();
  const op = { kind: 'createFolder', opId: randomUUID(), nodeId, parentId: own?.rootId, name };
  const made = await fetch(`${server.url}/api/spaces/${own?.id}/batch`, {
    method: 'POST',
    headers: { ...ada.api.headers, 'content-type': FRAME_CONTENT_TYPE },
    body: Buffer.concat(encodeFrame({ atomic: true, ops: [op] }, []).map((part) => Buffer.from(part))),
  });
  expect(made.status).toBe(200);
  const answer = await ada.api.call('POST', `/nodes/${nodeId}/transfer`, { to: ben.userId });
  expect(answer.status, JSON.stringify(answer.body)).toBe(200);
  return nodeId;
}

describe('[TA-2] somebody to whom something was handed over', () => {
  it('is told what and by whom, at once on an open page, and nobody else is', async () => {
    const pages = await Promise.all([ben, ada].map(({ api }) => openPage(api)));
    const nodeId = await handOver('secret plans');
    await expect.poll(() => pages[0]!.messages.map(({ type }) => type)).toContain('notice.v1');
    expect(pages[1]!.messages.map(({ type }) => type)).not.toContain('notice.v1');
    for (const page of pages) page.close();
    const [notice] = await ofKind(ben.api, 'transfer_received');
    expect(notice).toMatchObject({
      nodeId,
      nodeKind: 'folder',
      name: 'secret plans',
      from: 'Ada Lovelace',
      seen: false,
    });
    for (const api of [ada.api, server.admin]) expect(JSON.stringify(await noticesOf(api))).not.toContain('secret');
  });

  it('marks it as seen for themselves alone; notices of others and unknown ones are passed over', async () => {
    await handOver('second');
    const before = await noticesOf(ben.api);
    const [newest] = before.notices;
    const ids = [newest?.id, randomUUID()];
    expect((await ada.api.call('POST', '/session/notices/seen', { ids })).status).toBe(200);
    expect((await noticesOf(ben.api)).unseen).toBe(before.unseen);
    const { body } = await ben.api.call('POST', '/session/notices/seen', { ids });
    expect(body).toMatchObject({
      unseen: before.unseen - 1,
      notices: [{ id: newest?.id, seen: true }, { seen: false }],
    });
  });
});

describe('whoever takes over from somebody who left', () => {
  it('is told so, by name of the person and of nothing else', async () => {
    const { body } = await server.admin.get('/users');
    const chen = (body['users'] as { id: string; email: string }[]).find(({ email }) => email.startsWith('chen'));
    const answer = await server.admin.call('DELETE', `/users/${chen?.id}?successorId=${ben.userId}`);
    expect(answer.status, JSON.stringify(answer.body)).toBe(200);
    const [notice] = await ofKind(ben.api, 'space_handed_over');
    expect(Object.keys(notice ?? {}).sort()).toEqual(['at', 'from', 'id', 'kind', 'seen']);
    expect(notice).toMatchObject({ from: expect.stringContaining('Chen') as string });
  });
});

describe('[PE-5] a device enrolled by a token that somebody else made', () => {
  it('is told to its person, without whose word it reads no personal space, until the word is given', async () => {
    const made = await server.admin.call('POST', '/enrollment-tokens', { label: 'fleet', userIds: [ben.userId] });
    const request = enrollRequest(new TestKey(), { token: String(made.body['secret']), email: ben.email });
    const { body } = await server.anybody.call('POST', '/devices/enroll', request);
    const deviceId = String(body['deviceId']);
    expect(await ofKind(ben.api, 'device_waits')).toMatchObject([{ deviceId, deviceName: request.deviceName }]);
    expect(await ofKind(server.admin, 'device_waits')).toEqual([]);
    await ben.api.call('PUT', `/session/devices/${deviceId}/personal-space`, { allowed: true });
    expect(await ofKind(ben.api, 'device_waits')).toEqual([]);
  });

  it('is not told when the person enrolled it with a token of their own', async () => {
    const request = enrollRequest(new TestKey(), { token: server.bootstrap.enrollmentToken, email: ben.email });
    expect((await server.anybody.call('POST', '/devices/enroll', request)).status).toBe(200);
    expect(await ofKind(ben.api, 'device_waits')).toEqual([]);
  });
});

describe('[EN-6] the end of an entitlement', () => {
  const run = () => server.app.get(JobRunner).runNow(ENTITLEMENT_NOTICE_JOB);
  const endsAt = async (until: Date): Promise<void> => {
    await server.database.dataSource.query(`UPDATE enterprise SET entitled_until = $1`, [until]);
  };
  /** Not by the route, whose session ends as time passes. */
  const told = async () => {
    const rows = await server.database.dataSource.query<{ days: number }[]>(
      `SELECT (params->>'daysBefore')::int AS days FROM notice WHERE kind = 'entitlement_ends' ORDER BY created_at DESC`,
    );
    return rows.map(({ days }) => days);
  };

  it('is told to admins 30, 7 and 1 days before, once each, and to nobody else', async () => {
    const until = new Date(server.clock.now().getTime() + 40 * DAY_MS);
    await endsAt(until);
    expect(await run()).toEqual({ told: 0 });
    const seen: unknown[] = [];
    for (let hours = 0; hours < 40 * 24; hours += 12) {
      await run();
      seen.push((await told()).length);
      server.clock.advance(12 * HOUR_MS);
    }
    expect(await told()).toEqual([1, 7, 30]);
    expect(seen.findIndex((count) => count === 1) * 12).toBe(10 * 24);
    expect(seen.findIndex((count) => count === 2) * 12).toBe(33 * 24);
    expect(seen.findIndex((count) => count === 3) * 12).toBe(39 * 24);
    const [user, admin] = [await enter('ada'), await signIn()];
    expect(await ofKind(user.api, 'entitlement_ends')).toEqual([]);
    expect(await ofKind(admin, 'entitlement_ends')).toMatchObject([1, 7, 30].map((daysBefore) => ({ daysBefore })));
  });

  it('that comes nearer while nothing runs is told by one notice; a new end is told anew', async () => {
    const before = (await told()).length;
    await endsAt(new Date(server.clock.now().getTime() + 5 * DAY_MS));
    expect([await run(), await run()]).toEqual([{ told: 1 }, { told: 0 }]);
    expect((await told()).slice(0, (await told()).length - before)).toEqual([7]);
  });

  it('stops sync backup, and downloads go on', async () => {
    ada = await enter('ada');
    const { spaces } = (await ada.api.get('/spaces')).body as { spaces: { kind: string; rootId: string }[] };
    const own = spaces.find(({ kind }) => kind === 'personal');
    await endsAt(server.clock.now());
    expect((await (await signIn()).get('/enterprise/feature')).body).toMatchObject({ entitled: false });
    const archive = await fetch(`${server.url}/api/files/zip?nodes=${own?.rootId}`, { headers: ada.api.headers });
    expect([
      archive.status,
      Buffer.from(await archive.arrayBuffer())
        .subarray(0, 2)
        .toString(),
    ]).toEqual([200, 'PK']);
  });
});

describe('notices', () => {
  it('are forgotten after 90 days', async () => {
    server.clock.advance(91 * DAY_MS);
    ben = await enter('ben');
    expect(await noticesOf(ben.api)).toEqual({ notices: [], unseen: 0 });
    await server.app.get(JobRunner).runNow(NOTICE_CLEANUP_JOB);
    expect(await server.database.dataSource.query('SELECT count(*)::int AS count FROM notice')).toEqual([{ count: 0 }]);
  });
});
