import { randomUUID } from 'node:crypto';
import { encodeFrame, FRAME_CONTENT_TYPE } from '@tideline/contracts';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { chunkOf, newId, noise, ops } from '../drive/testing/drive-world.ts';
import { MAX_ATTEMPTS } from '../jobs/attempts.ts';
import { JobRunner } from '../jobs/job-runner.ts';
import type { ApiClient } from '../testing/api-client.ts';
import { startTestConsole, type TestConsole } from '../testing/test-console.ts';
import { HANDOVER_JOB, HandoverJob, TRANSFERS_FOLDER } from './handover.job.ts';
import { KEPT_SPACE_JOB } from './kept-space.job.ts';

const PASSWORD = 'correct horse battery';
const DAY_MS = 86_400_000;
let server: TestConsole;
let count = 0;
type Space = { readonly id: string; readonly rootId: never };
type Person = { readonly id: string; readonly email: string; readonly api: ApiClient; readonly space: Space };
type Node = { readonly id: string; readonly name: string; readonly kind: string; readonly contentId: string | null };

beforeAll(async () => {
  server = await startTestConsole();
  await carryOver(); // from now on it is not due: time stands still
});
afterAll(() => server.stop());

async function person(): Promise<Person> {
  const email = `person${(count += 1)}@acme.example`;
  const { body } = await server.admin.call('POST', '/users', { name: `Person ${count}`, email, password: PASSWORD });
  const api = await server.anybody.login({ enterpriseCode: 'tideline', email, password: PASSWORD });
  const { spaces } = (await api.get('/spaces')).body as { spaces: (Space & { kind: string })[] };
  const space = spaces.find((each) => each.kind === 'personal');
  if (!space) throw new Error('a person has a space');
  return { id: String(body['id']), email, api, space };
}

async function commit(who: Person, batch: readonly unknown[], inline: readonly Uint8Array[] = []): Promise<void> {
  const header = { atomic: false, ops: batch, inline: inline.map(chunkOf) };
  const answer = await fetch(`${server.url}/api/spaces/${who.space.id}/batch`, {
    method: 'POST',
    headers: { ...who.api.headers, 'content-type': FRAME_CONTENT_TYPE },
    body: Buffer.concat(encodeFrame(header, inline)),
  });
  const { outcomes } = (await answer.json()) as { outcomes: { status: string }[] };
  expect(outcomes.map((outcome) => outcome.status)).toEqual(batch.map(() => 'done'));
}

async function children(who: Person, folderId: string): Promise<Node[]> {
  return (await who.api.get(`/nodes/${folderId}/children`)).body['nodes'] as Node[];
}

async function find(who: Person, ...names: string[]): Promise<Node> {
  let at: Node = { id: who.space.rootId, name: '', kind: 'folder', contentId: null };
  for (const name of names) {
    const next = (await children(who, at.id)).find((node) => node.name === name);
    if (!next) throw new Error(`no ${name}`);
    at = next;
  }
  return at;
}

async function textOf(who: Person, nodeId: string, version?: string): Promise<string> {
  const query = version ? `?version=${version}` : '';
  const answer = await fetch(`${server.url}/api/nodes/${nodeId}/content${query}`, { headers: who.api.headers });
  return answer.text();
}

const carryOver = () => server.app.get(JobRunner).runNow(HANDOVER_JOB);
const remove = (who: Person, to?: Person) =>
  server.admin.call('DELETE', `/users/${who.id}${to ? `?successorId=${to.id}` : ''}`);
const day = () => server.clock.now().toISOString().slice(0, 10);
const nameOf = (who: Person) => `Person ${/\d+/.exec(who.email)?.[0]} ${day()}`;

/** Two versions of one file in a folder, an empty file, a file of several chunks, and one in the bin. */
async function fill(who: Person): Promise<void> {
  const { rootId } = who.space;
  const [folder, deep, file] = [ops.folder(rootId, 'Docs'), newId<never>(), newId<never>()];
  const parts = [noise(600_000, count), noise(700_000, count + 1000)];
  const trashed = ops.file(rootId, 'old.txt', { bytes: Buffer.from(`old ${who.email}`) });
  const [first, second] = [Buffer.from(`first ${who.email}`), Buffer.from(`second ${who.email}`)];
  await commit(
    who,
    [
      folder,
      ops.folder(folder.nodeId, 'Deep', deep),
      ops.file(deep, 'a.txt', { bytes: first }, file),
      ops.put(file, { bytes: second }),
      ops.file(rootId, 'empty', { bytes: Buffer.alloc(0) }),
      ops.file(rootId, 'large', { chunks: parts.map(chunkOf) }),
      trashed,
      ops.trash(trashed.nodeId),
    ],
    [first, second, ...parts, Buffer.from(`old ${who.email}`)],
  );
}

describe('a deleted user', () => {
  it('cannot sign in; the address is free; the space is kept with every byte', async () => {
    const ada = await person();
    await fill(ada);
    const used = await usedBytes(ada.space.id);
    const { status, body } = await remove(ada);
    expect(status).toBe(200);
    expect(body).toEqual({
      keptUntil: new Date(server.clock.now().getTime() + 90 * DAY_MS).toISOString(),
      handover: null,
    });
    expect((await ada.api.get('/session')).body.code).toBe('NOT_SIGNED_IN');
    const again = { name: 'Another', email: ada.email, password: PASSWORD };
    expect((await server.admin.call('POST', '/users', again)).status).toBe(200);
    const users = (await server.admin.get('/users')).body['users'] as { id: string }[];
    expect(users.map((user) => user.id)).not.toContain(ada.id);
    await server.app.get(JobRunner).runNow(KEPT_SPACE_JOB);
    expect(await usedBytes(ada.space.id)).toBe(used);
  });

  it("hands everything but the bin over as a folder of the successor's, with all versions and their authors", async () => {
    const [ada, ben] = [await person(), await person()];
    await fill(ada);
    const made = (await ada.api.get(`/nodes/${(await find(ada, 'Docs', 'Deep', 'a.txt')).id}/versions`)).body[
      'versions'
    ];
    const { body } = await remove(ada, ben);
    expect(body['handover']).toMatchObject({ state: 'running', to: { id: ben.id } });
    await carryOver();
    const { handovers } = (await server.admin.get('/admin/handovers')).body as { handovers: Record<string, unknown>[] };
    expect(handovers[0]).toMatchObject({ state: 'done', done: 5, total: 5 });
    const folder = await find(ben, TRANSFERS_FOLDER, nameOf(ada));
    expect((await children(ben, folder.id)).map((node) => node.name)).toEqual(['Docs', 'empty', 'large']);
    const file = await find(ben, TRANSFERS_FOLDER, nameOf(ada), 'Docs', 'Deep', 'a.txt');
    expect(await textOf(ben, file.id)).toBe(`second ${ada.email}`);
    const versions = (await ben.api.get(`/nodes/${file.id}/versions`)).body['versions'] as { id: string }[];
    const told = (list: unknown) =>
      (list as Record<string, unknown>[]).map(({ contentId, createdAt, origin, author }) => ({
        contentId,
        createdAt,
        origin,
        author,
      }));
    expect(told(versions)).toEqual(told(made));
    expect(await textOf(ben, file.id, versions[1]?.id)).toBe(`first ${ada.email}`);
    const large = await find(ben, TRANSFERS_FOLDER, nameOf(ada), 'large');
    expect((await textOf(ben, large.id)).length).toBeGreaterThan(0);
    expect(await usedBytes(ada.space.id)).toBeGreaterThan(0);
  });

  it('[PE-5] is not handed over to whoever deletes, nor to somebody who is not there', async () => {
    const [ada, ben] = [await person(), await person()];
    const me = (await server.admin.get('/session')).body['userId'] as string;
    await server.admin.call('PUT', `/users/${ben.id}/disabled`, { disabled: true });
    for (const successorId of [me, ben.id, ada.id, randomUUID()]) {
      const { body } = await server.admin.call('DELETE', `/users/${ada.id}?successorId=${successorId}`);
      expect(body.code).toBe('SUCCESSOR_INVALID');
    }
    expect((await ada.api.get('/session')).status).toBe(200);
  });

  it('can be handed over later, once at a time, and waits for room instead of losing anything', async () => {
    const [ada, ben] = [await person(), await person()];
    await fill(ada);
    await remove(ada);
    const quota = (quotaBytes: number | null) =>
      server.admin.call('PUT', `/admin/spaces/${ben.space.id}/quota`, { quotaBytes });
    const handOver = () => server.admin.call('POST', `/admin/spaces/${ada.space.id}/handover`, { successorId: ben.id });
    await quota(1000);
    expect((await handOver()).body.code).toBe('QUOTA_EXCEEDED');
    await quota(null);
    expect((await handOver()).status).toBe(200);
    expect((await handOver()).body.code).toBe('ALREADY_EXISTS');
    await quota(1000);
    await carryOver();
    const states = async () => ((await server.admin.get('/admin/handovers')).body['handovers'] as unknown[])[0];
    expect(await states()).toMatchObject({ state: 'waiting', waitsFor: 'QUOTA_EXCEEDED' });
    await quota(null);
    await carryOver();
    expect(await states()).toMatchObject({ state: 'done' });
    expect(await textOf(ben, (await find(ben, TRANSFERS_FOLDER, nameOf(ada), 'Docs', 'Deep', 'a.txt')).id)).toBe(
      `second ${ada.email}`,
    );
  });

  it('a slice that was done and not noted is not done twice', async () => {
    const [ada, ben] = [await person(), await person()];
    await fill(ada);
    await remove(ada, ben);
    await carryOver();
    const used = await usedBytes(ben.space.id);
    const { dataSource } = server.database;
    await dataSource.query(`UPDATE handover SET position = 0, planned = false, done_at = NULL WHERE space_id = $1`, [
      ada.space.id,
    ]);
    await carryOver();
    expect(await usedBytes(ben.space.id)).toBe(used);
    const folder = await find(ben, TRANSFERS_FOLDER, nameOf(ada));
    expect((await children(ben, folder.id)).map((node) => node.name)).toEqual(['Docs', 'empty', 'large']);
  });

  describe('whose hand-over fails', () => {
    const sql = (query: string, parameters: unknown[] = []) =>
      server.database.dataSource.query<unknown[]>(query, parameters);
    const stateOf = async (who: Person) => {
      const { body } = await server.admin.get('/admin/handovers');
      return (body['handovers'] as { spaceId: string }[]).find(({ spaceId }) => spaceId === who.space.id);
    };
    const countTries = async (who: Person) => sql(`SELECT attempts FROM handover WHERE space_id = $1`, [who.space.id]);

    it('is in nobody’s way, waits after so many tries in a row, and goes on an hour later', async () => {
      const [ada, ben, cleo, dan] = [await person(), await person(), await person(), await person()];
      for (const who of [ada, cleo]) await fill(who);
      await remove(ada, ben);
      await remove(cleo, dan);
      await sql(`CREATE FUNCTION refuse() RETURNS trigger LANGUAGE plpgsql AS 'BEGIN RAISE ''broken''; END'`);
      await sql(`CREATE TRIGGER refuse BEFORE UPDATE ON handover FOR EACH ROW
                 WHEN (old.space_id = '${ada.space.id}' AND new.position > 0) EXECUTE FUNCTION refuse()`);
      expect(await carryOver()).toMatchObject({ failed: 1 });
      expect(await stateOf(cleo)).toMatchObject({ state: 'done', done: 5 });
      expect(await stateOf(ada)).toMatchObject({ state: 'running', done: 0, total: 5 });
      expect(await carryOver()).toMatchObject({ failed: 0 }); // too early
      for (let attempt = 2; attempt <= MAX_ATTEMPTS; attempt += 1) {
        server.clock.advance(600_000);
        expect(await carryOver()).toMatchObject({ failed: 1 });
      }
      expect(await stateOf(ada)).toMatchObject({ state: 'waiting', waitsFor: 'JOB_FAILED' });
      await sql('DROP FUNCTION refuse CASCADE');
      server.clock.advance(600_000);
      await carryOver();
      expect(await stateOf(ada)).toMatchObject({ state: 'waiting' });
      server.clock.advance(3_600_000);
      await carryOver();
      expect(await stateOf(ada)).toMatchObject({ state: 'done', waitsFor: null, done: 5 });
    });

    it('because the console stops while it is planned ends at once, and the try does not count', async () => {
      const [ada, ben] = [await person(), await person()];
      await fill(ada);
      await remove(ada, ben);
      const lock = server.database.dataSource.createQueryRunner();
      await lock.startTransaction();
      await lock.query('LOCK TABLE handover_item IN ACCESS EXCLUSIVE MODE');
      const stop = new AbortController();
      const run = server.app.get(HandoverJob).run(stop.signal, stop.signal);
      while (
        (await sql(`SELECT FROM pg_locks WHERE relation = 'handover_item'::regclass AND NOT granted`)).length === 0
      );
      stop.abort();
      expect(await run).toEqual({ nodes: 0, failed: 1 });
      await lock.rollbackTransaction();
      await lock.release();
      expect(await countTries(ada)).toEqual([{ attempts: 0 }]);
      server.clock.advance(10_000);
      await carryOver();
      expect(await stateOf(ada)).toMatchObject({ state: 'done', done: 5 });
      expect(await countTries(ada)).toEqual([{ attempts: 0 }]);
    });
  });

  it('leaves nothing when the time of the space is up, except what was handed over', async () => {
    const [ada, ben] = [await person(), await person()];
    await fill(ada);
    await remove(ada, ben);
    await carryOver();
    const folder = await find(ben, TRANSFERS_FOLDER, nameOf(ada));
    server.clock.advance(90 * DAY_MS); // sessions end with it: from here on the database is asked
    await server.app.get(JobRunner).runNow(KEPT_SPACE_JOB);
    const rowsOf = async (spaceId: string) => {
      const [row] = await server.database.dataSource.query<{ spaces: number; rows: number }[]>(
        `SELECT (SELECT count(*) FROM space WHERE id = $1)::int AS spaces,
                (SELECT count(*) FROM node WHERE space_id = $1)::int + (SELECT count(*) FROM version WHERE space_id = $1)::int AS rows`,
        [spaceId],
      );
      return row;
    };
    expect(await rowsOf(ada.space.id)).toEqual({ spaces: 0, rows: 0 });
    expect(await rowsOf(ben.space.id)).toMatchObject({ spaces: 1 });
    expect(folder.kind).toBe('folder');
  });
});

async function usedBytes(spaceId: string): Promise<number | undefined> {
  const { spaces } = (await server.admin.get('/admin/spaces?limit=1000')).body as {
    spaces: { id: string; usedBytes: number }[];
  };
  return spaces.find((space) => space.id === spaceId)?.usedBytes;
}
