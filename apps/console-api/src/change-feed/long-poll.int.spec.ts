import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { encodeFrame, FRAME_CONTENT_TYPE, type NodeId, type SpaceId } from '@tideline/contracts';
import { ops } from '../drive/testing/drive-world.ts';
import type { ApiClient } from '../testing/api-client.ts';
import { enrollDevice } from '../testing/test-device.ts';
import { startTestConsole, type TestConsole } from '../testing/test-console.ts';
import { SpaceWaiters } from './space-waiters.ts';

let server: TestConsole;
let waiters: SpaceWaiters;
let device: ApiClient;
let space: { id: SpaceId; rootId: NodeId };
beforeAll(async () => {
  server = await startTestConsole();
  waiters = server.app.get(SpaceWaiters);
  const { enrollmentToken, adminEmail } = server.bootstrap;
  device = (await enrollDevice(server.anybody, enrollmentToken, adminEmail)).api;
  const { body } = await device.get('/spaces');
  space = (body['spaces'] as { id: SpaceId; rootId: NodeId; kind: string }[]).find((each) => each.kind === 'personal')!;
});
afterAll(() => server.stop());

const path = (cursor: string, wait: number) =>
  `/spaces/${space.id}/changes?root=${space.rootId}&cursor=${cursor}&wait=${wait}`;

async function newestCursor(): Promise<string> {
  const { body } = await device.get(`/spaces/${space.id}/listing?root=${space.rootId}`);
  return String(body['cursor']);
}

async function addFolder(name: string): Promise<void> {
  const header = { atomic: false, ops: [ops.folder(space.rootId, name)], inline: [] };
  const answer = await fetch(`${server.url}/api/spaces/${space.id}/batch`, {
    method: 'POST',
    headers: { ...device.headers, 'content-type': FRAME_CONTENT_TYPE },
    body: Buffer.concat(encodeFrame(header, [])),
  });
  expect(answer.status).toBe(200);
}

async function until(isTrue: () => boolean): Promise<void> {
  while (!isTrue()) await new Promise((resolve) => setImmediate(resolve));
}

describe('waiting for changes', () => {
  it('answers as soon as somebody commits', async () => {
    const waiting = device.get(path(await newestCursor(), 50));
    await until(() => waiters.count === 1);
    await addFolder('while you waited');
    const { body } = await waiting;
    expect(body['items']).toMatchObject([{ type: 'node', node: { name: 'while you waited' } }]);
    expect(waiters.count).toBe(0);
  });

  it('finds what was committed without any nudge, as by another console', async () => {
    const cursor = await newestCursor();
    const waiting = device.get(path(cursor, 50));
    await until(() => waiters.count === 1);
    await server.database.dataSource.transaction(async (manager) => {
      const rows = await manager.query<{ seq: string }[]>(`SELECT seq + 1 AS seq FROM space WHERE id = $1 FOR UPDATE`, [
        space.id,
      ]);
      const seq = rows[0]?.seq;
      await manager.query(`UPDATE node SET seq = $2, rev = rev + 1 WHERE id = $1`, [space.rootId, seq]);
      await manager.query(`UPDATE node_history SET to_seq = $2 WHERE node_id = $1 AND to_seq IS NULL`, [
        space.rootId,
        seq,
      ]);
      await manager.query(
        `INSERT INTO node_history (enterprise_id, node_id, from_seq, space_id, name, kind, rev, exec, trashed)
         SELECT enterprise_id, id, seq, space_id, name, kind, rev, exec, false FROM node WHERE id = $1`,
        [space.rootId],
      );
      await manager.query(
        `INSERT INTO commit_token (enterprise_id, space_id, seq) SELECT enterprise_id, id, $2 FROM space WHERE id = $1`,
        [space.id, seq],
      );
      await manager.query(`UPDATE space SET seq = $2 WHERE id = $1`, [space.id, seq]);
    });
    expect((await waiting).body['items']).toMatchObject([{ type: 'node', node: { id: space.rootId } }]);
  });

  it('does not wait when there is something to tell, nor when nobody asks it to', async () => {
    const cursor = await newestCursor();
    expect((await device.get(path(cursor, 0))).body['items']).toEqual([]);
    await addFolder('before you asked');
    expect((await device.get(path(cursor, 50))).body['items']).toHaveLength(1);
    expect((await device.get(path(cursor, 51))).body.code).toBe('INVALID_INPUT');
  });

  it('does not wait with a cursor of another epoch: the caller has to begin anew first', async () => {
    const cursor = await newestCursor();
    await server.database.dataSource.query(`UPDATE space SET epoch = gen_random_uuid() WHERE id = $1`, [space.id]);
    expect((await device.get(path(cursor, 50))).body).toMatchObject({ items: [], cursor });
  });

  it('gives up its place when the caller goes', async () => {
    const cursor = await newestCursor();
    const leaving = new AbortController();
    const request = fetch(`${server.url}/api${path(cursor, 50)}`, { headers: device.headers, signal: leaving.signal });
    await until(() => waiters.count === 1);
    leaving.abort();
    await expect(request).rejects.toThrow();
    await until(() => waiters.count === 0);
  });

  it('ends with the server, with an answer', async () => {
    const waiting = device.get(path(await newestCursor(), 50));
    await until(() => waiters.count === 1);
    waiters.beforeApplicationShutdown();
    expect((await waiting).body).toMatchObject({ items: [], more: false });
    expect((await device.get(path(await newestCursor(), 50))).status).toBe(200); // and nobody waits any more
  });
});
