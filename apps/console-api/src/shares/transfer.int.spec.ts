import { randomUUID } from 'node:crypto';
import { encodeFrame, FRAME_CONTENT_TYPE } from '@tideline/contracts';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { bytesOf, chunkOf } from '../drive/testing/drive-world.ts';
import type { ApiClient } from '../testing/api-client.ts';
import { startTestConsole, type TestConsole } from '../testing/test-console.ts';

type Node = { id: string; name: string; kind: string };
type Person = { api: ApiClient; userId: string; space: { id: string; rootId: string } };
type Feed = { items: { type: string; id?: string; gone?: string; node?: Node }[] };

let server: TestConsole;
let ada: Person;
let ben: Person;
let chen: Person;
beforeAll(async () => {
  server = await startTestConsole('demo');
  [ada, ben, chen] = (await Promise.all(['ada', 'ben', 'chen'].map(enter))) as [Person, Person, Person];
});
afterAll(() => server.stop());

async function enter(name: string): Promise<Person> {
  const person = (server.bootstrap.people ?? []).find(({ email }) => email.startsWith(name));
  if (!person) throw new Error(`the demo has no ${name}`);
  const { enterpriseCode } = server.bootstrap;
  const api = await server.anybody.login({ enterpriseCode, email: person.email, password: person.password });
  const spaces = (await api.get('/spaces')).body['spaces'] as (Person['space'] & { kind: string })[];
  const space = spaces.find(({ kind }) => kind === 'personal');
  if (!space) throw new Error('everybody has a personal space');
  return { api, userId: String((await api.get('/session')).body['userId']), space };
}

const TEXT = 'what Ada wrote';
/** A folder of Ada's with a file in it. */
async function plant(name: string): Promise<{ folder: string; file: string }> {
  const [folder, file, bytes] = [randomUUID(), randomUUID(), bytesOf(TEXT)];
  const chunk = chunkOf(bytes);
  const content = { size: chunk.size, chunks: [chunk] };
  const operations = [
    { kind: 'createFolder', opId: randomUUID(), nodeId: folder, parentId: ada.space.rootId, name },
    {
      kind: 'createFile',
      opId: randomUUID(),
      nodeId: file,
      parentId: folder,
      name: 'f',
      content,
      mtimeMs: null,
      exec: false,
    },
  ];
  await commit(ada, { atomic: true, origin: 'sync', ops: operations, inline: [chunk] }, [bytes]);
  return { folder, file };
}

async function commit(who: Person, header: object, parts: Uint8Array[] = []): Promise<void> {
  const answer = await fetch(`${server.url}/api/spaces/${who.space.id}/batch`, {
    method: 'POST',
    headers: { ...who.api.headers, 'content-type': FRAME_CONTENT_TYPE },
    body: Buffer.concat([...encodeFrame(header, parts)].map((part) => Buffer.from(part))),
  });
  const { outcomes } = (await answer.json()) as { outcomes: { status: string }[] };
  expect(new Set(outcomes.map(({ status }) => status))).toEqual(new Set(['done']));
}

const transfer = (who: Person, nodeId: string, to: string) => who.api.call('POST', `/nodes/${nodeId}/transfer`, { to });
const children = async (who: Person, nodeId: string) =>
  (await who.api.get(`/nodes/${nodeId}/children`)).body['nodes'] as Node[];
const received = async (who: Person) => {
  const all = await children(who, who.space.rootId);
  const folder = all.find(({ name, kind }) => name.startsWith('Received transfers') && kind === 'folder');
  return folder ? children(who, folder.id) : [];
};
async function cursorOf(who: Person): Promise<string> {
  const { body } = await who.api.get(`/spaces/${who.space.id}/listing?root=${who.space.rootId}`);
  return encodeURIComponent(String(body['cursor']));
}
const changes = async (who: Person, cursor: string) =>
  (await who.api.get(`/spaces/${who.space.id}/changes?root=${who.space.rootId}&cursor=${cursor}`))
    .body as unknown as Feed;

describe('a transfer', () => {
  it('makes a folder the receiver’s, with its ids and contents, and leaves nothing behind but word of it', async () => {
    const { folder, file } = await plant('Project');
    const [before, there] = [await cursorOf(ada), await cursorOf(ben)];
    const used = async (who: Person) => {
      const spaces = (await who.api.get('/spaces')).body['spaces'] as { kind: string; usedBytes: number }[];
      return spaces.find(({ kind }) => kind === 'personal')?.usedBytes ?? 0;
    };
    const [adaUsed, benUsed] = [await used(ada), await used(ben)];
    const answer = await transfer(ada, folder, ben.userId);
    expect(answer.body).toEqual({ nodeId: folder, kind: 'folder', name: 'Project', to: 'Ben Franklin' });
    expect(await received(ben)).toMatchObject([{ id: folder, name: 'Project' }]);
    const bytes = await fetch(`${server.url}/api/nodes/${file}/content`, { headers: ben.api.headers });
    expect(await bytes.text()).toBe(TEXT);
    expect((await ada.api.get(`/nodes/${folder}/children`)).body.code).toBe('NODE_UNKNOWN');
    expect((await changes(ada, before)).items).toMatchObject([{ type: 'gone', id: folder, gone: 'left' }]);
    const told = (await changes(ben, there)).items.map((item) => item.node?.name);
    expect(told).toEqual(expect.arrayContaining(['Received transfers', 'Project']));
    expect([await used(ada), await used(ben)]).toEqual([adaUsed - TEXT.length, benUsed + TEXT.length]);
  });

  it('[PE-5] keeps a name apart from one that was handed over before, of which the giver learns nothing', async () => {
    const { folder } = await plant('Project');
    expect((await transfer(ada, folder, ben.userId)).body).toMatchObject({ name: 'Project' });
    expect((await received(ben)).map(({ name }) => name).sort()).toEqual(['Project', 'Project (2)']);
    const roots = (await children(ben, ben.space.rootId)).map(({ name }) => name);
    expect(roots).toEqual(['Received transfers']);
  });

  it('ends what was shared of it', async () => {
    const { folder } = await plant('Shared before');
    await ada.api.call('PUT', `/nodes/${folder}/grants`, { to: { type: 'user', id: chen.userId }, role: 'viewer' });
    const shares = async () =>
      ((await chen.api.get('/shares/received')).body['shares'] as { nodeId: string }[]).map(({ nodeId }) => nodeId);
    expect(await shares()).toContain(folder);
    await transfer(ada, folder, ben.userId);
    expect(await shares()).not.toContain(folder);
    expect((await chen.api.get(`/nodes/${folder}/children`)).body.code).toBe('NODE_UNKNOWN');
  });

  it('puts its folder beside a file that has the name', async () => {
    const empty = { content: { size: 0, chunks: [] }, mtimeMs: null, exec: false };
    const inTheWay = { nodeId: randomUUID(), parentId: chen.space.rootId, name: 'Received transfers' };
    const op = { kind: 'createFile', opId: randomUUID(), ...inTheWay, ...empty };
    await commit(chen, { atomic: true, origin: 'sync', ops: [op], inline: [] });
    const { folder } = await plant('For Chen');
    await transfer(ada, folder, chen.userId);
    const roots = (await children(chen, chen.space.rootId)).map(({ name }) => name);
    expect(roots).toEqual(['Received transfers (2)', 'Received transfers']);
    expect(await received(chen)).toMatchObject([{ id: folder }]);
  });

  it('[PE-5] is the owner’s alone, to somebody who is there, and never of a whole space', async () => {
    const { folder } = await plant('Mine');
    await ada.api.call('PUT', `/nodes/${folder}/grants`, {
      to: { type: 'user', id: ben.userId },
      role: 'editor',
      syncRight: 'synchronizer',
    });
    expect((await transfer(ben, folder, ben.userId)).body.code).toBe('FORBIDDEN');
    expect((await transfer(chen, folder, chen.userId)).body.code).toBe('NODE_UNKNOWN');
    expect((await server.admin.call('POST', `/nodes/${folder}/transfer`, { to: ben.userId })).body.code).toBe(
      'NODE_UNKNOWN',
    );
    expect((await transfer(ada, folder, ada.userId)).body.code).toBe('INVALID_INPUT');
    expect((await transfer(ada, folder, randomUUID())).body.code).toBe('NOT_FOUND');
    expect((await transfer(ada, ada.space.rootId, ben.userId)).body.code).toBe('ROOT_IMMUTABLE');
    expect(await children(ada, folder)).toHaveLength(1);
  });
});

describe('a received share', () => {
  it('cannot be taken away from its owner by who received it, whatever they may do in it', async () => {
    const { folder, file } = await plant('Stays');
    const to = { type: 'user', id: ben.userId };
    await ada.api.call('PUT', `/nodes/${folder}/grants`, { to, role: 'owner', syncRight: 'synchronizer' });
    const away = { parentId: ben.space.rootId };
    for (const nodeId of [folder, file]) {
      const answer = await ben.api.call('POST', `/nodes/${nodeId}/move-to-space`, away);
      expect(answer.body.code).toBe('FORBIDDEN');
    }
    const copy = await ben.api.call('POST', `/nodes/${file}/copy`, { ...away, opId: randomUUID() });
    expect(copy.status).toBe(200);
    expect(await children(ada, folder)).toMatchObject([{ id: file }]);
  });
});
