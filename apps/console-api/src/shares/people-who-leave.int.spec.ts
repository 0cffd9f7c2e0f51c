import { randomUUID } from 'node:crypto';
import { encodeFrame, FRAME_CONTENT_TYPE } from '@tideline/contracts';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { ApiClient } from '../testing/api-client.ts';
import { startTestConsole, type TestConsole } from '../testing/test-console.ts';

const PASSWORD = 'correct horse battery';
let server: TestConsole;
let count = 0;
beforeAll(async () => {
  server = await startTestConsole();
});
afterAll(() => server.stop());

type Person = { api: ApiClient; id: string; email: string; space: { id: string; rootId: string } };
type Body = Record<string, unknown>;

async function person(): Promise<Person> {
  const email = `leaver${(count += 1)}@acme.example`;
  const { body } = await server.admin.call('POST', '/users', { name: `Person ${count}`, email, password: PASSWORD });
  const api = await server.anybody.login({ enterpriseCode: 'tideline', email, password: PASSWORD });
  const { spaces } = (await api.get('/spaces')).body as unknown as { spaces: (Person['space'] & { kind: string })[] };
  const space = spaces.find((each) => each.kind === 'personal');
  if (!space) throw new Error('a person has a space');
  return { api, id: String(body['id']), email, space };
}

const folderOp = (parentId: string, name: string, nodeId = randomUUID()) => ({
  ...{ kind: 'createFolder', opId: randomUUID(), nodeId, parentId, name },
});

async function commit(api: ApiClient, spaceId: string, ...operations: object[]): Promise<string[]> {
  const answer = await fetch(`${server.url}/api/spaces/${spaceId}/batch`, {
    method: 'POST',
    headers: { ...api.headers, 'content-type': FRAME_CONTENT_TYPE },
    body: Buffer.concat(encodeFrame({ atomic: false, ops: operations, inline: [] }, [])),
  });
  const body = (await answer.json()) as { code?: string; outcomes?: { status: string; code?: string }[] };
  return body.outcomes?.map((outcome) => outcome.code ?? outcome.status) ?? [String(body.code)];
}

/** Ann shares a folder with Bob, who may edit in it. */
async function sharing() {
  const [ann, bob] = [await person(), await person()];
  const shared = folderOp(ann.space.rootId, 'Shared');
  expect(await commit(ann.api, ann.space.id, shared)).toEqual(['done']);
  const given = await give(ann, shared.nodeId, bob, { role: 'editor', syncRight: 'synchronizer' });
  expect(given.status).toBe(200);
  return { ann, bob, shared: shared.nodeId };
}
const give = (from: Person, nodeId: string, to: Person, what: Body) =>
  from.api.call('PUT', `/nodes/${nodeId}/grants`, { to: { type: 'user', id: to.id }, ...what });
const received = async ({ api }: Person) =>
  ((await api.get('/shares/received')).body['shares'] as { nodeId: string }[]).map((share) => share.nodeId);
const children = (api: ApiClient, nodeId: string) => api.get(`/nodes/${nodeId}/children`);
const disable = async ({ id }: Person, disabled: boolean) => {
  const answer = await server.admin.call('PUT', `/users/${id}/disabled`, { disabled });
  return answer.status;
};

describe('[PE-4] a received share that is narrowed afterwards', () => {
  it('takes from then on what is left, in each of its steps down, and nothing that was made is lost', async () => {
    const { ann, bob, shared } = await sharing();
    const made = folderOp(shared, 'by Bob');
    expect(await commit(bob.api, ann.space.id, made)).toEqual(['done']);
    await give(ann, shared, bob, { role: 'uploader', syncRight: 'none' });
    const after = [folderOp(shared, 'uploaded'), { kind: 'trash', opId: randomUUID(), nodeId: made.nodeId }];
    expect(await commit(bob.api, ann.space.id, ...after)).toEqual(['done', 'FORBIDDEN']);
    await give(ann, shared, bob, { role: 'viewer', syncRight: 'none' });
    expect(await commit(bob.api, ann.space.id, folderOp(shared, 'x'))).toEqual(['FORBIDDEN']);
    expect(await received(bob)).toEqual([shared]);
    await give(ann, shared, bob, { role: 'metadata_viewer', syncRight: 'none' });
    expect((await children(bob.api, shared)).status).toBe(200);
    expect((await children(ann.api, shared)).body['nodes']).toHaveLength(2);
  });

  it('narrowed in a part, hides that part also from what was opened before: its list, its path, its bytes', async () => {
    const { ann, bob, shared } = await sharing();
    const inner = folderOp(shared, 'inner');
    await commit(ann.api, ann.space.id, inner);
    const list = await server.admin.call('POST', '/action-lists', { name: `Nothing ${count}`, atoms: [] });
    const hidden = await give(ann, inner.nodeId, bob, { actionListId: list.body['id'], syncRight: 'none' });
    expect(hidden.status, JSON.stringify(hidden.body)).toBe(200);
    expect((await children(bob.api, shared)).body['nodes']).toEqual([]);
    expect((await children(bob.api, inner.nodeId)).body.code).toBe('NODE_UNKNOWN');
    expect(await commit(bob.api, ann.space.id, folderOp(inner.nodeId, 'x'))).toEqual(['PARENT_UNKNOWN']);
    expect(await commit(bob.api, ann.space.id, folderOp(shared, 'inner'))).toEqual(['NAME_TAKEN']);
  });
});

describe('[PE-3] shares of somebody whose account is disabled', () => {
  it('go on for those who received them: their work does not stop with the account', async () => {
    const { ann, bob, shared } = await sharing();
    expect(await disable(ann, true)).toBe(200);
    expect((await ann.api.get('/session')).status).toBe(401);
    expect(await received(bob)).toEqual([shared]);
    expect(await commit(bob.api, ann.space.id, folderOp(shared, 'meanwhile'))).toEqual(['done']);
    expect((await server.admin.get(`/nodes/${shared}/children`)).body.code).toBe('NODE_UNKNOWN'); // PE-5
    expect(await disable(ann, false)).toBe(200);
    const back = await server.anybody.login({ enterpriseCode: 'tideline', email: ann.email, password: PASSWORD });
    expect((await children(back, shared)).body['nodes']).toMatchObject([{ name: 'meanwhile' }]);
  });

  it('end for a disabled receiver, and are there again once the account is enabled', async () => {
    const { bob, shared } = await sharing();
    await disable(bob, true);
    expect((await children(bob.api, shared)).status).toBe(401);
    await disable(bob, false);
    const api = await server.anybody.login({ enterpriseCode: 'tideline', email: bob.email, password: PASSWORD });
    expect((await children(api, shared)).status).toBe(200);
  });

  it('end with a deleted owner, whose space nobody reads any more, and with a deleted receiver', async () => {
    const { ann, bob, shared } = await sharing();
    expect((await server.admin.call('DELETE', `/users/${ann.id}`)).status).toBeLessThan(300);
    expect(await received(bob)).toEqual([]);
    expect((await children(bob.api, shared)).body.code).toBe('NODE_UNKNOWN');
    expect(await commit(bob.api, ann.space.id, folderOp(shared, 'x'))).toEqual(['SPACE_UNKNOWN']);
    const other = await sharing();
    expect(await received(other.bob)).toEqual([other.shared]);
    await server.admin.call('DELETE', `/users/${other.bob.id}`);
    const grants = await other.ann.api.get(`/nodes/${other.shared}/grants`);
    expect(grants.body['grants']).toEqual([]);
  });
});

describe('[SA-1] the space of a deleted team', () => {
  it('takes nothing any more from who had a right there: it would go with the space', async () => {
    const bob = await person();
    const team = await server.admin.call('POST', '/teams', { name: `Team ${count}` });
    const { spaces } = (await server.admin.get('/spaces')).body as unknown as {
      spaces: { id: string; rootId: string; name: string }[];
    };
    const space = spaces.find(({ name }) => name === `Team ${count}`);
    if (!space) throw new Error('a team has a space');
    await server.admin.call('PUT', `/nodes/${space.rootId}/grants`, {
      to: { type: 'user', id: bob.id },
      role: 'editor',
      syncRight: 'synchronizer',
    });
    const made = folderOp(space.rootId, 'before');
    const gone = { kind: 'trash', opId: randomUUID(), nodeId: made.nodeId };
    expect(await commit(bob.api, space.id, made, gone)).toEqual(['done', 'done']);
    expect((await server.admin.call('DELETE', `/teams/${String(team.body['id'])}`)).status).toBeLessThan(300);
    expect(await commit(bob.api, space.id, folderOp(space.rootId, 'after'))).toEqual(['SPACE_UNKNOWN']);
    expect((await children(bob.api, space.rootId)).body.code).toBe('NODE_UNKNOWN');
    const bin = await server.admin.get(`/spaces/${space.id}/trash`);
    expect(bin.body['nodes']).toMatchObject([{ id: made.nodeId }]);
  });
});

describe('[TA-2] a received transfer that is given back', () => {
  it('is its first owner’s again, with its ids and all that was done to it, and leaves the other nothing', async () => {
    const [ann, bob] = [await person(), await person()];
    const folder = folderOp(ann.space.rootId, 'Project');
    await commit(ann.api, ann.space.id, folder);
    const give1 = await ann.api.call('POST', `/nodes/${folder.nodeId}/transfer`, { to: bob.id });
    expect(give1.status).toBe(200);
    const made = folderOp(folder.nodeId, 'by Bob');
    expect(await commit(bob.api, bob.space.id, made)).toEqual(['done']);
    expect((await children(ann.api, folder.nodeId)).body.code).toBe('NODE_UNKNOWN');
    const back = await bob.api.call('POST', `/nodes/${folder.nodeId}/transfer`, { to: ann.id });
    expect(back.status).toBe(200);
    expect((await children(ann.api, folder.nodeId)).body['nodes']).toMatchObject([{ id: made.nodeId, name: 'by Bob' }]);
    expect((await children(bob.api, folder.nodeId)).body.code).toBe('NODE_UNKNOWN');
    const again = await bob.api.call('POST', `/nodes/${folder.nodeId}/transfer`, { to: ann.id });
    expect(again.body.code).toBe('NODE_UNKNOWN');
    const path = encodeURIComponent('personal:/Received transfers/Project');
    expect((await ann.api.get(`/drive/resolve?path=${path}`)).body).toMatchObject({ node: { id: folder.nodeId } });
  });

  it('two transfers of one folder at once: one receiver has it, the other nothing', async () => {
    const [ann, bob, cid] = [await person(), await person(), await person()];
    const folder = folderOp(ann.space.rootId, 'Wanted');
    await commit(ann.api, ann.space.id, folder);
    const answers = await Promise.all(
      [bob, cid].map(({ id }) => ann.api.call('POST', `/nodes/${folder.nodeId}/transfer`, { to: id })),
    );
    expect(answers.map(({ status }) => status).filter((status) => status === 200)).toHaveLength(1);
    const seen = await Promise.all([bob, cid].map(({ api }) => children(api, folder.nodeId)));
    expect(seen.filter(({ status }) => status === 200)).toHaveLength(1);
  });
});
