import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { DriveWorld, noise, ops } from '../drive/testing/drive-world.ts';
import { giveAtoms } from '../drive/testing/give-rights.ts';
import type { ApiClient } from '../testing/api-client.ts';
import { startTestConsole, type TestConsole } from '../testing/test-console.ts';
import { enrollDevice } from '../testing/test-device.ts';
import { ZipWalk } from './zip-walk.ts';

const PASSWORD = 'correct horse battery';
let server: TestConsole;
let count = 0;
beforeAll(async () => {
  server = await startTestConsole();
});
afterAll(() => server.stop());

async function person() {
  const email = `hands${(count += 1)}@acme.example`;
  const { body } = await server.admin.call('POST', '/users', { name: `Person ${count}`, email, password: PASSWORD });
  const signIn = () => server.anybody.login({ enterpriseCode: 'tideline', email, password: PASSWORD });
  const api = await signIn();
  const { spaces } = (await api.get('/spaces')).body as unknown as { spaces: { rootId: string; kind: string }[] };
  const rootId = String(spaces.find(({ kind }) => kind === 'personal')?.rootId);
  return { api, id: String(body['id']), email, rootId, signIn };
}

async function send(api: ApiClient, id: string, offset: number, bytes: Uint8Array): Promise<string | number> {
  const answer = await fetch(`${server.url}/api/files/uploads/${id}/bytes?offset=${offset}`, {
    method: 'PUT',
    headers: { ...api.headers, 'content-type': 'application/octet-stream' },
    body: Buffer.from(bytes),
  });
  const body = (await answer.json()) as { code?: string; offset?: number };
  return body.code ?? Number(body.offset);
}

describe('an upload that somebody else goes on with', () => {
  const MIB = 1024 * 1024;
  const bytes = noise(12 * MIB, 3);

  /** Begun, with some of it sent: whole chunks are kept. */
  async function begun({ api, rootId }: { api: ApiClient; rootId: string }): Promise<{ id: string; kept: number }> {
    const started = await api.call('POST', '/files/uploads', { parentId: rootId, name: 'large', size: bytes.length });
    const id = String(started.body['id']);
    const kept = Number(await send(api, id, 0, bytes.subarray(0, 10 * MIB)));
    expect(kept).toBeGreaterThan(0);
    return { id, kept };
  }

  it('[PE-5] is not there for another person, an admin or nobody, at any of its steps', async () => {
    const [ann, bob] = [await person(), await person()];
    const { id, kept } = await begun(ann);
    for (const api of [bob.api, server.admin]) {
      expect((await api.get(`/files/uploads/${id}`)).body.code).toBe('NOT_FOUND');
      expect(await send(api, id, kept, bytes.subarray(kept, kept + 10))).toBe('NOT_FOUND');
      expect((await api.call('POST', `/files/uploads/${id}/finish`)).body.code).toBe('NOT_FOUND');
      await api.call('DELETE', `/files/uploads/${id}`); // giving up what is not there is no fault, and touches nothing
    }
    expect((await server.anybody.get(`/files/uploads/${id}`)).status).toBe(401);
    expect(await send(ann.api, id, kept, bytes.subarray(kept))).toBe(bytes.length);
    expect((await ann.api.call('POST', `/files/uploads/${id}/finish`)).status).toBe(200);
  });

  it('goes on in another browser of the same person, from where it stood and from nowhere else', async () => {
    const ann = await person();
    const { id, kept } = await begun(ann);
    const other = await ann.signIn();
    expect((await other.get(`/files/uploads/${id}`)).body['offset']).toBe(kept);
    expect(await send(other, id, kept - 1, bytes.subarray(kept - 1, kept + 10))).toBe('OFFSET_MISMATCH');
    expect(await send(other, id, kept, bytes.subarray(kept))).toBe(bytes.length);
    const done = await other.call('POST', `/files/uploads/${id}/finish`);
    const nodeId = String((done.body['node'] as { id: string }).id);
    const read = await fetch(`${server.url}/api/nodes/${nodeId}/content`, { headers: ann.api.headers });
    expect(Buffer.from(await read.arrayBuffer()).equals(bytes)).toBe(true);
  });

  it('is not for devices, and ends with the account', async () => {
    const ann = await person();
    const device = await enrollDevice(server.anybody, server.bootstrap.enrollmentToken, ann.email);
    const { id, kept } = await begun(ann);
    expect(await send(device.api, id, kept, bytes.subarray(kept, kept + 10))).toMatch(/FORBIDDEN|NOT_FOUND/);
    await server.admin.call('PUT', `/users/${ann.id}/disabled`, { disabled: true });
    expect(await send(ann.api, id, kept, bytes.subarray(kept, kept + 10))).toBe('NOT_SIGNED_IN');
  });
});

describe('a zip of a folder in which rights change meanwhile', () => {
  let world: DriveWorld;
  beforeAll(async () => {
    world = await DriveWorld.open();
  });
  afterAll(() => world.close());

  async function scene() {
    const admin = await world.person('drive_admin');
    const reader = await world.person();
    const space = await world.space('team', { teamId: await world.team() });
    const top = ops.folder(space.rootId, 'top');
    const folders = ['a', 'b', 'c'].map((name) => ops.folder(top.nodeId, name));
    const files = folders.map(({ nodeId }, index) => ops.file(nodeId, `f${index}`, { bytes: noise(50, index) }));
    const inline = files.map((_, index) => noise(50, index));
    await world.commit(admin, space.spaceId, [top, ...folders, ...files], { inline });
    await giveAtoms(world, { ...space, nodeId: space.rootId }, reader, { atoms: ['visible', 'list', 'download'] });
    const walk = new ZipWalk(world.database.dataSource, world.access, world.contents);
    const tops = await walk.requireTops(reader, [top.nodeId]);
    return { reader, space, top: top.nodeId, folders, walk: walk.walk(reader, tops)[Symbol.asyncIterator]() };
  }
  async function pathsFrom(walk: AsyncIterator<{ path: string }>): Promise<string[]> {
    const paths: string[] = [];
    for (let entry = await walk.next(); !entry.done; entry = await walk.next()) paths.push(entry.value.path);
    return paths;
  }

  it('holds nothing of a folder that was hidden before it got there', async () => {
    const { reader, space, folders, walk } = await scene();
    expect((await walk.next()).value).toMatchObject({ path: 'top' });
    for (const { nodeId } of folders.slice(0, 2)) await giveAtoms(world, { ...space, nodeId }, reader, { atoms: [] });
    const paths = await pathsFrom(walk);
    expect(paths).toEqual(['top/c', 'top/c/f2']);
  });

  it('holds no bytes that may not be downloaded any more, and ends when all is closed', async () => {
    const { reader, space, walk } = await scene();
    await walk.next();
    await giveAtoms(world, { ...space, nodeId: space.rootId }, reader, { atoms: ['visible', 'list'] });
    expect(await pathsFrom(walk)).toEqual(['top/a', 'top/b', 'top/c']);
    const other = await scene();
    await other.walk.next();
    await giveAtoms(world, { ...other.space, nodeId: other.space.rootId }, other.reader, { atoms: [] });
    expect(await pathsFrom(other.walk)).toEqual([]);
  });
});
