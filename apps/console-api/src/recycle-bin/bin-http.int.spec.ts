import {
  CopyAnswer,
  EmptyBinAnswer,
  encodeFrame,
  FRAME_CONTENT_TYPE,
  MoveToSpaceAnswer,
  NodeVersion,
  PurgeAnswer,
  RestoreAnswer,
  RestoredVersion,
  TrashedNode,
  type NodeId,
  type Space,
} from '@tideline/contracts';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { z } from 'zod';
import { bytesOf, chunkOf, newId, ops } from '../drive/testing/drive-world.ts';
import type { ApiClient } from '../testing/api-client.ts';
import { startTestConsole, type TestConsole } from '../testing/test-console.ts';

let server: TestConsole;
let admin: ApiClient;
let own: Space;
let shared: Space;
beforeAll(async () => {
  server = await startTestConsole('demo');
  admin = server.admin;
  const { body } = await admin.get('/spaces');
  const spaces = body['spaces'] as Space[];
  own = spaces.find((space) => space.kind === 'personal') as Space;
  shared = spaces.find((space) => space.kind !== 'personal') as Space;
});
afterAll(() => server.stop());

async function commit(wanted: ReturnType<typeof ops.trash>[], inline: readonly Uint8Array[] = []): Promise<void> {
  const body = Buffer.concat(encodeFrame({ atomic: false, ops: wanted, inline: inline.map(chunkOf) }, inline));
  const answer = await fetch(`${server.url}/api/spaces/${own.id}/batch`, {
    method: 'POST',
    headers: { ...admin.headers, 'content-type': FRAME_CONTENT_TYPE },
    body,
  });
  expect(await answer.json()).toMatchObject({ outcomes: wanted.map(() => ({ status: 'done' })) });
}

/** Calls as people do; the answer must be what the contract says. */
async function call<Answer extends z.ZodType>(schema: Answer, method: string, path: string, body?: unknown) {
  const answer = await admin.call(method, path, body);
  expect([answer.status, answer.body.code]).toEqual([200, undefined]);
  return schema.parse(answer.body);
}

async function newFile(name: string, ...texts: string[]): Promise<NodeId> {
  const parts = texts.map(bytesOf);
  const file = ops.file(own.rootId, name, { bytes: parts[0] ?? bytesOf('') });
  const later = parts.slice(1).map((bytes) => ops.put(file.nodeId, { bytes }));
  await commit([file, ...later], parts);
  return file.nodeId;
}

describe('the routes of bin, versions and copies', () => {
  it('take a file into the bin, back, and away for good', async () => {
    const nodeId = await newFile('report.txt', 'one');
    await commit([ops.trash(nodeId)]);
    const Bin = z.object({ nodes: z.array(TrashedNode), next: z.string().nullable(), total: z.int() });
    const bin = await call(Bin, 'GET', `/spaces/${own.id}/trash?name=REPORT&limit=10`);
    expect(bin).toMatchObject({
      nodes: [{ id: nodeId, place: [], trashedBy: { name: expect.any(String) as string } }],
    });
    const restored = await call(RestoreAnswer, 'POST', `/spaces/${own.id}/trash/restore`, { nodeIds: [nodeId] });
    expect(restored.items).toMatchObject([{ status: 'restored', node: { id: nodeId }, renamedFrom: null }]);
    await commit([ops.trash(nodeId)]);
    const purged = await call(PurgeAnswer, 'POST', `/spaces/${own.id}/trash/purge`, { nodeIds: [nodeId] });
    expect(purged).toEqual({ items: [{ status: 'purged', nodeId }], pending: false });
    await commit([ops.trash(await newFile('other.txt', 'two'))]);
    server.clock.advance(60_000);
    expect(await call(EmptyBinAnswer, 'POST', `/spaces/${own.id}/trash/empty`, {})).toMatchObject({ purged: 1 });
    expect((await admin.get(`/nodes/${nodeId}/versions`)).status).toBe(404);
  });

  it('restore, pin, describe and delete versions, and set how long they are kept', async () => {
    const nodeId = await newFile('story.txt', 'one', 'second', 'third one');
    const { body } = await admin.get(`/nodes/${nodeId}/versions`);
    const [, second, first] = z.array(NodeVersion).parse(body['versions']);
    const at = (version?: NodeVersion) => `/nodes/${nodeId}/versions/${version?.id ?? ''}`;
    expect(await call(RestoredVersion, 'POST', `${at(first)}/restore`, {})).toMatchObject({ node: { size: 3 } });
    const change = { pinned: true, description: 'as sent' };
    expect(await call(NodeVersion, 'PATCH', at(second), change)).toMatchObject(change);
    const nul = await admin.call('PATCH', at(second), { description: 'a\0b' });
    expect(nul).toMatchObject({ status: 400, body: { code: 'INVALID_INPUT' } });
    expect((await admin.get(`/spaces/${own.id}/trash?name=%00`)).status).toBe(400);
    await call(z.object({}), 'DELETE', at(first));
    expect((await admin.call('DELETE', at(first))).body.code).toBe('VERSION_UNKNOWN');
    const policy = { keepVersions: 7, keepDays: 30, mergeSaves: false, binDays: 10 };
    await call(z.object({}), 'PUT', '/enterprise/retention', policy);
    expect((await admin.get('/enterprise/retention')).body).toEqual(policy);
    const refused = await admin.call('PUT', '/enterprise/retention', { ...policy, keepVersions: 1000 });
    expect(refused.body.code).toBe('INVALID_INPUT');
  });

  it('copy and move to another space', async () => {
    const nodeId = await newFile('plan.txt', 'plan');
    const copy = await call(CopyAnswer, 'POST', `/nodes/${nodeId}/copy`, { parentId: shared.rootId, opId: newId() });
    expect(copy).toMatchObject({ state: 'done', node: { name: 'plan.txt', size: 4 } });
    expect(await call(CopyAnswer, 'GET', `/copies/${copy.copyId}`)).toEqual(copy);
    const place = { parentId: shared.rootId, name: 'moved.txt' };
    const moved = await call(MoveToSpaceAnswer, 'POST', `/nodes/${nodeId}/move-to-space`, place);
    expect(moved).toMatchObject({ node: { id: nodeId, name: 'moved.txt' }, movedNodes: 1, movedBytes: 4 });
  });

  it('[VE-3] promise room with `missing`, or say that there is none', async () => {
    await server.database.dataSource.query(`UPDATE space SET quota_bytes = used_bytes + 100 WHERE id = $1`, [own.id]);
    const ask = (bytes: number) =>
      admin.call('POST', `/spaces/${own.id}/chunks/missing`, {
        chunks: [chunkOf(bytesOf('x'))],
        reserve: [{ key: newId(), bytes }],
      });
    expect((await ask(60)).status).toBe(200);
    expect(await ask(60)).toMatchObject({ status: 507, body: { code: 'QUOTA_EXCEEDED' } });
  });
});
