import { randomUUID } from 'node:crypto';
import { encodeFrame, FRAME_CONTENT_TYPE, type Atom, type EnterpriseId, type SpaceId } from '@tideline/contracts';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { JobRunner } from '../jobs/job-runner.ts';
import { SocketHub } from '../platform/socket-hub.ts';
import { LocalSocketHub } from '../socket/local-socket-hub.ts';
import type { ApiClient } from '../testing/api-client.ts';
import { startTestConsole, type TestConsole } from '../testing/test-console.ts';
import { enrollDevice, type TestDevice } from '../testing/test-device.ts';
import { TestSocket } from '../testing/test-socket.ts';
import { EXPIRED_GRANTS_JOB } from './expired-grants.job.ts';

type Node = { id: string; name: string };
type Person = { page: ApiClient; device: TestDevice; userId: string; personal: { id: SpaceId; rootId: string } };

let server: TestConsole;
let ada: Person;
let ben: Person;
/** Of Ada's personal space: /Private/Shared/inner/file, and /Private/Diary. */
let tree: { private: string; shared: string; inner: string; file: string; diary: string };

beforeAll(async () => {
  server = await startTestConsole('demo');
  [ada, ben] = (await Promise.all(['ada', 'ben'].map(enter))) as [Person, Person];
  tree = { private: randomUUID(), shared: randomUUID(), inner: randomUUID(), file: randomUUID(), diary: randomUUID() };
  await commit(ada.device.api, ada.personal.id, [
    folder(tree.private, ada.personal.rootId, 'Private'),
    folder(tree.shared, tree.private, 'Shared'),
    folder(tree.diary, tree.private, 'Diary'),
    folder(tree.inner, tree.shared, 'inner'),
    { ...folder(tree.file, tree.inner, 'file'), kind: 'createFile', content: { size: 0, chunks: [] }, ...META },
  ]);
});
afterAll(() => server.stop());

const META = { mtimeMs: null, exec: false };
const folder = (nodeId: string, parentId: string, name: string) => ({
  kind: 'createFolder',
  opId: randomUUID(),
  nodeId,
  parentId,
  name,
});

async function enter(name: string): Promise<Person> {
  const person = (server.bootstrap.people ?? []).find(({ email }) => email.startsWith(name));
  if (!person) throw new Error(`the demo has no ${name}`);
  const { enterpriseCode, enrollmentToken } = server.bootstrap;
  const page = await server.anybody.login({ enterpriseCode, email: person.email, password: person.password });
  const device = await enrollDevice(server.anybody, enrollmentToken, person.email);
  const { userId } = (await page.get('/session')).body as unknown as { userId: string };
  const spaces = (await page.get('/spaces')).body['spaces'] as (Person['personal'] & { kind: string })[];
  const personal = spaces.find(({ kind }) => kind === 'personal');
  if (!personal) throw new Error('everybody has a personal space');
  return { page, device, userId, personal };
}

async function commit(api: ApiClient, spaceId: string, operations: unknown[]): Promise<{ status: string }[]> {
  const header = { atomic: false, origin: 'sync', ops: operations, inline: [] };
  const body = Buffer.concat([...encodeFrame(header, [])].map((part) => Buffer.from(part)));
  const answer = await fetch(`${server.url}/api/spaces/${spaceId}/batch`, {
    method: 'POST',
    headers: { ...api.headers, 'content-type': FRAME_CONTENT_TYPE },
    body,
  });
  return ((await answer.json()) as { outcomes?: { status: string }[] }).outcomes ?? [];
}

const give = (nodeId: string, what: object, to = { type: 'user', id: ben.userId }, giver = ada.page) =>
  giver.call('PUT', `/nodes/${nodeId}/grants`, { to, ...what });
const connectionOf = ({ device }: Person) =>
  [...server.app.get(LocalSocketHub).connections.all()].find(
    ({ principal }) => principal.kind === 'device' && principal.deviceId === device.deviceId,
  );
const wantedBy = (person: Person) => {
  const connection = connectionOf(person);
  return connection?.kind === 'device' ? [...connection.wanted] : [];
};
async function watching(person: Person, spaceId: SpaceId): Promise<TestSocket> {
  const socket = await TestSocket.open(server.url, person.device.api.headers);
  socket.say({ type: 'watch.v1', spaces: [spaceId] });
  await expect.poll(() => connectionOf(person)?.watched.has(spaceId)).toBe(true);
  return socket;
}
const received = async (api: ApiClient) => (await api.get('/shares/received')).body['shares'] as (Node & object)[];
const resolve = (api: ApiClient, path: string) => api.get(`/drive/resolve?path=${encodeURIComponent(path)}`);
const takeBack = async (nodeId: string) => {
  const { body } = await ada.page.get('/shares/given');
  const grants = (body['grants'] as { id: string; nodeId: string }[]).filter((grant) => grant.nodeId === nodeId);
  for (const { id } of grants) await ada.page.call('DELETE', `/nodes/${nodeId}/grants/${id}`);
};

describe('a shared folder of a personal space', () => {
  it('[PE-5] is given by its owner only; to admins it does not even exist', async () => {
    expect((await give(tree.shared, { syncRight: 'synchronizer' }, undefined, server.admin)).body.code).toBe(
      'NODE_UNKNOWN',
    );
    expect(
      (
        await server.admin.call('PUT', '/grants', {
          nodeId: tree.shared,
          to: { type: 'user', id: ben.userId },
          syncRight: 'backer',
        })
      ).body.code,
    ).toBe('NODE_UNKNOWN');
    const given = await give(tree.shared, { role: 'owner', syncRight: 'synchronizer' });
    expect(given.body).toMatchObject({ path: '/Private/Shared', role: 'owner', syncRight: 'synchronizer' });
    expect((await give(tree.shared, { role: 'viewer' }, undefined, ben.page)).status).toBe(403);
    expect((await server.admin.get(`/nodes/${tree.shared}/grants`)).body.code).toBe('NODE_UNKNOWN');
    expect(JSON.stringify((await server.admin.get('/grants')).body)).not.toContain(tree.shared);
    expect((await server.admin.call('DELETE', `/grants/${String(given.body['id'])}`)).status).toBe(404);
  });

  it('is in the list of who received it, and is named by a path of its own', async () => {
    expect(await received(ben.device.api)).toMatchObject([
      { nodeId: tree.shared, name: 'Shared', from: 'Ada Lovelace', cloudPath: 'share/Shared:/', spaceKind: 'personal' },
    ]);
    expect(await received(ada.page)).toEqual([]);
    for (const path of ['share/Shared:/inner', `share/${tree.shared}:/inner`]) {
      const { body } = await resolve(ben.device.api, path);
      expect(body).toMatchObject({ node: { id: tree.inner }, missing: [], syncRight: 'synchronizer' });
    }
    expect((await resolve(ben.device.api, 'share/Private:/')).body.code).toBe('SPACE_UNKNOWN');
    expect((await resolve(ben.device.api, 'share/Shared:/new/deep')).body).toMatchObject({ missing: ['new', 'deep'] });
  });

  it('[PE-5] shows nothing of what lies above and beside it', async () => {
    const { body } = await ben.page.get(`/nodes/${tree.inner}/children`);
    expect((body['path'] as Node[]).map(({ name }) => name)).toEqual(['Shared', 'inner']);
    for (const hidden of [ada.personal.rootId, tree.private, tree.diary]) {
      expect((await ben.page.get(`/nodes/${hidden}/children`)).status).toBe(404);
    }
    const { body: spaces } = await ben.page.get('/spaces');
    expect(JSON.stringify(spaces)).not.toContain(ada.personal.id);
  });

  it('[PE-5] does not tell by the refusal of a name what lies beside it', async () => {
    await give(tree.shared, { role: 'editor', syncRight: 'synchronizer' });
    const rename = (name: string) => ({ ...folder(tree.shared, tree.private, name), kind: 'move' });
    for (const name of ['Diary', 'No such name']) {
      const outcomes = await commit(ben.device.api, ada.personal.id, [rename(name)]);
      expect(outcomes, name).toMatchObject([{ code: 'FORBIDDEN' }]);
    }
    expect(await commit(ada.device.api, ada.personal.id, [rename('Shared')])).toMatchObject([{ status: 'done' }]);
  });

  it('[PE-1] can be synced with Synchronizer, and its task is called by the path of the share', async () => {
    const root = tree.inner;
    const taskId = randomUUID();
    const wanted = { mode: 'bidirectional', spaceId: ada.personal.id, rootNodeId: root, localPath: '/home/ben/x' };
    const answer = await ben.device.api.call('PUT', `/devices/self/tasks/${taskId}`, wanted);
    expect(answer.body).toMatchObject({ cloudPath: 'share/Shared:/inner', spaceKind: 'personal' });
    const space = `/spaces/${ada.personal.id}`;
    const { body: listing } = await ben.device.api.get(`${space}/listing?root=${root}`);
    expect((listing['nodes'] as Node[]).map(({ name }) => name)).toEqual(['inner', 'file']);
    const [outcome] = await commit(ben.device.api, ada.personal.id, [folder(randomUUID(), root, 'by Ben')]);
    expect(outcome).toMatchObject({ status: 'done' });
    const changes = await ben.device.api.get(
      `${space}/changes?root=${root}&cursor=${encodeURIComponent(String(listing['cursor']))}`,
    );
    expect(changes.body['items']).toMatchObject([{ type: 'node', node: { name: 'by Ben' } }]);
    const outside = await commit(ben.device.api, ada.personal.id, [folder(randomUUID(), tree.diary, 'no')]);
    expect(outside).toMatchObject([{ status: 'refused', code: 'PARENT_UNKNOWN' }]);
  });

  it('[PE-5] of it the console shows no names', async () => {
    const { body } = await server.admin.get(`/fleet/devices/${ben.device.deviceId}`);
    expect(body['tasks']).toMatchObject([{ localPath: null, cloudPath: null, spaceKind: 'personal' }]);
  });

  it('[PE-6] hides a folder inside it that is withheld, also from the feed', async () => {
    const lists = await server.admin.call('POST', '/action-lists', { name: 'Nothing', atoms: [] });
    await give(tree.inner, { actionListId: lists.body['id'], syncRight: 'none' });
    const { body } = await ben.device.api.get(`/spaces/${ada.personal.id}/listing?root=${tree.shared}`);
    expect((body['nodes'] as Node[]).map(({ name }) => name)).toEqual(['Shared']);
    expect((await ben.page.get(`/nodes/${tree.file}/versions`)).status).toBe(404);
    await takeBack(tree.inner);
    expect((await ben.page.get(`/nodes/${tree.file}/versions`)).status).toBe(200);
  });

  it('[PE-2] nudges who received it about changes, and tells at once when it is taken back', async () => {
    const socket = await watching(ben, ada.personal.id);
    await commit(ada.device.api, ada.personal.id, [folder(randomUUID(), tree.inner, 'by Ada')]);
    expect(await socket.told('nudge.v1')).toMatchObject({ space: ada.personal.id });
    const root = `root=${tree.inner}`;
    const space = `/spaces/${ada.personal.id}`;
    const { body: listing } = await ben.device.api.get(`${space}/listing?${root}`);
    const { body: caps } = await ben.device.api.get(`${space}/caps?${root}`);
    await takeBack(tree.shared);
    await socket.told('rights.v1');
    const cursor = encodeURIComponent(String(listing['cursor']));
    const { body: lost } = await ben.device.api.get(`${space}/changes?${root}&cursor=${cursor}`);
    expect(lost['items']).toEqual([{ type: 'gone', id: tree.inner, gone: 'revoked', rev: 0 }]);
    expect(lost['capsRev']).not.toBe(caps['capsRev']);
    const { body: after } = await ben.device.api.get(`${space}/caps?${root}`);
    expect(after['boundaries']).toEqual([{ nodeId: tree.inner, atoms: [], syncRight: 'none' }]);
    expect(await received(ben.page)).toEqual([]);
    socket.close();
  });

  it('[PE-5] is told to nobody who does not see anything of the space, and to who comes to see it', async () => {
    const [hers, his] = [await watching(ada, ada.personal.id), await watching(ben, ben.personal.id)];
    his.say({ type: 'watch.v1', spaces: [ada.personal.id, ben.personal.id] });
    await expect.poll(() => wantedBy(ben)).toEqual([ada.personal.id, ben.personal.id]);
    const { enterprise } = (await ada.page.get('/session')).body as unknown as { enterprise: { id: EnterpriseId } };
    const hub = server.app.get(SocketHub);
    hub.rightsChanged(enterprise.id, ada.personal.id);
    hub.nudgeSpace(enterprise.id, ben.personal.id, 77);
    await Promise.all([hers.told('rights.v1'), his.told('nudge.v1')]);
    const told = () => his.messages.filter(({ type }) => type === 'rights.v1');
    expect(told()).toEqual([]);
    await give(tree.shared, { syncRight: 'backer' });
    await his.told('rights.v1');
    expect(told()).toEqual([{ type: 'rights.v1', space: ada.personal.id }]);
    await takeBack(tree.shared);
    for (const socket of [hers, his]) socket.close();
  });

  it('[PE-4] ends with its expiry, of which devices are told once', async () => {
    const tell = () => server.app.get(JobRunner).runNow(EXPIRED_GRANTS_JOB);
    await tell();
    await give(tree.shared, { syncRight: 'backer', expiresAt: new Date(Date.now() + 3_600_000).toISOString() });
    expect(await received(ben.page)).toMatchObject([{ syncRight: 'backer' }]);
    expect(await tell()).toEqual({ told: 0 });
    const socket = await watching(ben, ada.personal.id);
    await server.database.dataSource.query(`UPDATE folder_grant SET sync_expires_at = now() WHERE node_id = $1`, [
      tree.shared,
    ]);
    expect(await tell()).toEqual({ told: 1 });
    expect(await socket.told('rights.v1')).toMatchObject({ space: ada.personal.id });
    expect(await received(ben.page)).toEqual([]);
    expect(await tell()).toEqual({ told: 0 });
    await takeBack(tree.shared);
    socket.close();
  });
});

describe('shares of one name', () => {
  it('are named by their ids, and their common name is refused with both', async () => {
    const [one, other] = [randomUUID(), randomUUID()];
    await commit(ada.device.api, ada.personal.id, [
      folder(one, tree.private, 'Twin'),
      folder(other, tree.diary, 'Twin'),
    ]);
    for (const nodeId of [one, other]) await give(nodeId, { role: 'downloader' });
    const paths = (await received(ben.page)).map((share) => (share as unknown as { cloudPath: string }).cloudPath);
    expect(paths.sort()).toEqual([`share/${one}:/`, `share/${other}:/`].sort());
    const { body } = await resolve(ben.page, 'share/Twin:/');
    expect(body).toMatchObject({ code: 'SHARE_AMBIGUOUS' });
    expect((await resolve(ben.page, `share/${one}:/`)).body).toMatchObject({ node: { id: one } });
    await Promise.all([one, other].map(takeBack));
  });

  it('[PE-4] come through teams, and only the highest open folder is one', async () => {
    const { body } = await server.admin.get('/teams');
    const team = (body['teams'] as Node[]).find(({ name }) => name === 'Engineering');
    await give(tree.private, { role: 'viewer' }, { type: 'team', id: String(team?.id) });
    await give(tree.shared, { role: 'editor' });
    const shares = await received(ben.page);
    expect(shares).toMatchObject([{ nodeId: tree.private, name: 'Private', syncRight: 'none' }]);
    expect((shares[0] as unknown as { atoms: Atom[] }).atoms.sort()).toEqual(['list', 'preview', 'visible']);
    expect(await received(ada.page)).toEqual([]);
    await Promise.all([tree.private, tree.shared].map(takeBack));
  });
});

describe('giving', () => {
  it('[PE-1] a role does not take a sync right away, nor the other way round', async () => {
    await give(tree.shared, { syncRight: 'backer' });
    expect((await give(tree.shared, { role: 'viewer' })).body).toMatchObject({ role: 'viewer', syncRight: 'backer' });
    expect((await give(tree.shared, { syncRight: null })).body).toMatchObject({ role: 'viewer', syncRight: null });
    expect((await give(tree.shared, { role: null })).body.code).toBe('INVALID_INPUT');
    await takeBack(tree.shared);
  });

  it('refuses files, strangers, unknown lists, two kinds of actions and the owner', async () => {
    expect((await give(tree.file, { role: 'viewer' })).body.code).toBe('KIND_MISMATCH');
    expect((await give(tree.shared, { role: 'viewer' }, { type: 'user', id: randomUUID() })).body.code).toBe(
      'NOT_FOUND',
    );
    expect((await give(tree.shared, { actionListId: randomUUID() })).body.code).toBe('NOT_FOUND');
    const { body } = await server.admin.get('/action-lists');
    const [list] = body['lists'] as Node[];
    expect((await give(tree.shared, { actionListId: list?.id, role: 'viewer' })).body.code).toBe('INVALID_INPUT');
    expect((await give(tree.shared, { role: 'viewer' }, { type: 'user', id: ada.userId })).body.code).toBe(
      'INVALID_INPUT',
    );
    expect((await give(tree.shared, {})).body.code).toBe('INVALID_INPUT');
  });
});
