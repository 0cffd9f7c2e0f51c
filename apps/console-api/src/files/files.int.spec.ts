/* eslint-disable no-control-regex -- control characters are what names in archives must not hold */
import { createHash, randomUUID } from 'node:crypto';
import { request as httpRequest, type Server as HttpServer } from 'node:http';
import type { Socket } from 'node:net';
import { contentIdOf, encodeFrame, FRAME_CONTENT_TYPE } from '@tideline/contracts';
import { createCutter } from '@tideline/contracts/chunking';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import yauzl from 'yauzl';
import { chunkOf, newId, noise, ops } from '../drive/testing/drive-world.ts';
import { JobRunner } from '../jobs/job-runner.ts';
import type { ApiClient } from '../testing/api-client.ts';
import { addSecondEnterprise } from '../testing/second-enterprise.ts';
import { startTestConsole, type TestConsole } from '../testing/test-console.ts';
import { enrollDevice } from '../testing/test-device.ts';
import { UPLOAD_EXPIRY_JOB } from './upload-expiry.job.ts';

const MIB = 1024 * 1024;
const PASSWORD = 'correct horse battery';
let server: TestConsole;
let count = 0;
type Space = { readonly id: string; readonly rootId: string; readonly kind: string };
type Body = Record<string, unknown>;

beforeAll(async () => {
  server = await startTestConsole();
});
afterAll(() => server.stop());

type Person = { readonly api: ApiClient; readonly space: Space; readonly id: string; readonly email: string };

async function person(): Promise<Person> {
  const email = `person${(count += 1)}@acme.example`;
  const { body } = await server.admin.call('POST', '/users', { name: `Person ${count}`, email, password: PASSWORD });
  const api = await server.anybody.login({ enterpriseCode: 'tideline', email, password: PASSWORD });
  const { spaces } = (await api.get('/spaces')).body as { spaces: Space[] };
  const space = spaces.find((each) => each.kind === 'personal');
  if (!space) throw new Error('a person has a space');
  return { api, space, id: String(body['id']), email };
}

const codeOf = ({ status, body }: { status: number; body: Body }) => body['code'] ?? status;

async function start(api: ApiClient, parentId: string, wanted: Body): Promise<string> {
  const { status, body } = await api.call('POST', '/files/uploads', { parentId, ...wanted });
  expect(status, JSON.stringify(body)).toBe(200);
  return String(body['id']);
}

async function send(
  api: ApiClient,
  id: string,
  offset: number,
  bytes: Uint8Array,
  query = '',
): Promise<{ status: number; body: Body }> {
  const answer = await fetch(`${server.url}/api/files/uploads/${id}/bytes?offset=${offset}${query}`, {
    method: 'PUT',
    headers: { ...api.headers, 'content-type': 'application/octet-stream' },
    body: Buffer.from(bytes),
  });
  return { status: answer.status, body: (await answer.json()) as Body };
}

/** Sends some bytes of a longer body, and breaks the connection when the server holds a part of them for good. */
async function sendAndBreak(api: ApiClient, id: string, bytes: Uint8Array, claimed: number): Promise<void> {
  const headers = { ...api.headers, 'content-type': 'application/octet-stream', 'content-length': String(claimed) };
  const request = httpRequest(`${server.url}/api/files/uploads/${id}/bytes?offset=0`, {
    method: 'PUT',
    headers,
    agent: false,
  });
  const isClosed = new Promise<void>((resolve) => request.once('close', resolve));
  request.on('error', () => undefined); // it is broken on purpose
  request.write(bytes);
  await expect.poll(() => offsetOf(api, id), { timeout: 25_000 }).toBeGreaterThan(0);
  request.destroy();
  await isClosed;
}

async function offsetOf(api: ApiClient, id: string): Promise<number> {
  return Number((await api.get(`/files/uploads/${id}`)).body['offset']);
}

async function download(api: ApiClient, nodeId: string): Promise<Buffer> {
  const answer = await fetch(`${server.url}/api/nodes/${nodeId}/content`, { headers: api.headers });
  return Buffer.from(await answer.arrayBuffer());
}

async function upload(
  api: ApiClient,
  parentId: string,
  name: string,
  bytes: Uint8Array,
  more: Body = {},
): Promise<Body> {
  const id = await start(api, parentId, { name, size: bytes.length, ...more });
  if (bytes.length > 0) expect((await send(api, id, 0, bytes)).body['offset']).toBe(bytes.length);
  const { status, body } = await api.call('POST', `/files/uploads/${id}/finish`);
  expect(status, JSON.stringify(body)).toBe(200);
  return body['node'] as Body;
}

async function folder(api: ApiClient, space: Space, parentId: string, name: string): Promise<string> {
  const op = ops.folder(parentId as never, name);
  const header = { atomic: false, ops: [op], inline: [] };
  const answer = await fetch(`${server.url}/api/spaces/${space.id}/batch`, {
    method: 'POST',
    headers: { ...api.headers, 'content-type': FRAME_CONTENT_TYPE },
    body: Buffer.concat(encodeFrame(header, [])),
  });
  expect(((await answer.json()) as { outcomes: Body[] }).outcomes).toMatchObject([{ status: 'done' }]);
  return op.nodeId;
}

/** What an agent would call this content. */
function agentContentId(bytes: Buffer): string {
  const sha = (part: Uint8Array | string) => createHash('sha256').update(part).digest('hex');
  if (bytes.length <= 8 * MIB) return sha(bytes);
  const cutter = createCutter();
  const chunks: { hash: string; size: number }[] = [];
  for (let at = 0, from = 0; at < bytes.length;) {
    const { length, isCut } = cutter.next(bytes, at);
    at += length;
    if (isCut || at === bytes.length) {
      chunks.push({ hash: sha(bytes.subarray(from, at)), size: at - from });
      from = at;
    }
  }
  return contentIdOf(chunks, sha);
}

describe('an upload by a browser', () => {
  it('is bytes as they were sent, told as made on the web, with the content id an agent would give', async () => {
    const { api, space } = await person();
    for (const [name, bytes] of [
      ['small.bin', noise(70_000, 1)],
      ['empty', Buffer.alloc(0)],
      ['large.bin', noise(40 * MIB, 2)],
    ] as const) {
      const node = await upload(api, space.rootId, name, bytes, { mtimeMs: 1234.5 });
      expect(node).toMatchObject({
        name,
        size: bytes.length,
        mtimeMs: 1234.5,
        contentId: agentContentId(Buffer.from(bytes)),
      });
      expect((await download(api, String(node['id']))).equals(bytes)).toBe(true);
      const { versions } = (await api.get(`/nodes/${String(node['id'])}/versions`)).body as { versions: Body[] };
      expect(versions).toMatchObject([{ origin: 'web', device: null }]);
    }
  });

  it(
    'goes on after a broken connection from where its bytes are durable, and is whole in the end',
    { timeout: 60_000 },
    async () => {
      const { api, space } = await person();
      const bytes = noise(40 * MIB, 3);
      const id = await start(api, space.rootId, { name: 'broken.bin', size: bytes.length });
      await sendAndBreak(api, id, bytes.subarray(0, 34 * MIB), bytes.length);
      for (let offset = await offsetOf(api, id); offset < bytes.length;) {
        const { body } = await send(api, id, offset, bytes.subarray(offset));
        // The broken request may have come further meanwhile; the refusal says where it stands.
        const { offset: told } = (body['details'] ?? body) as { offset: number };
        expect(told).toBeGreaterThan(offset);
        offset = told;
      }
      const { body } = await api.call('POST', `/files/uploads/${id}/finish`);
      const node = body['node'] as Body;
      expect(node['contentId']).toBe(agentContentId(bytes));
      expect((await download(api, String(node['id']))).equals(bytes)).toBe(true);
    },
  );

  it('in several requests is the same file, whatever their sizes', async () => {
    const { api, space } = await person();
    const bytes = noise(36 * MIB, 4);
    const id = await start(api, space.rootId, { name: 'parts.bin', size: bytes.length });
    for (let offset = 0; offset < bytes.length;) {
      const { status, body } = await send(api, id, offset, bytes.subarray(offset, offset + 17 * MIB));
      expect(status).toBe(200);
      expect(Number(body['offset'])).toBeGreaterThan(offset);
      offset = Number(body['offset']);
    }
    const { body } = await api.call('POST', `/files/uploads/${id}/finish`);
    expect((body['node'] as Body)['contentId']).toBe(agentContentId(bytes));
  });

  it('finished twice is one file and one answer', async () => {
    const { api, space } = await person();
    const id = await start(api, space.rootId, { name: 'once.txt', size: 4 });
    await send(api, id, 0, Buffer.from('once'));
    const [first, second] = [
      await api.call('POST', `/files/uploads/${id}/finish`),
      await api.call('POST', `/files/uploads/${id}/finish`),
    ];
    expect(second.body).toEqual(first.body);
    expect((await api.get(`/nodes/${space.rootId}/children`)).body['total']).toBe(1);
  });

  it('refuses bytes for another place, bytes that differ from their hash, and too many bytes', async () => {
    const { api, space } = await person();
    const id = await start(api, space.rootId, { name: 'strict.txt', size: 6 });
    expect(await send(api, id, 3, Buffer.from('abc'))).toMatchObject({
      status: 409,
      body: { code: 'OFFSET_MISMATCH', details: { offset: 0 } },
    });
    const wrong = `&sha256=${createHash('sha256').update('xxxxxx').digest('hex')}`;
    expect(codeOf(await send(api, id, 0, Buffer.from('abcdef'), wrong))).toBe('CHUNK_CORRUPT');
    expect(await offsetOf(api, id)).toBe(0);
    expect(codeOf(await api.call('POST', `/files/uploads/${id}/finish`))).toBe('OFFSET_MISMATCH');
    expect(codeOf(await send(api, id, 0, Buffer.from('abcdefgh')))).toBe('INVALID_INPUT');
    expect(await offsetOf(api, id)).toBe(6);
    const right = `&sha256=${createHash('sha256').update('ghijkl').digest('hex')}`;
    const other = await start(api, space.rootId, { name: 'hashed.txt', size: 6 });
    expect((await send(api, other, 0, Buffer.from('ghijkl'), right)).body['offset']).toBe(6);
  });

  it('whose name is taken is refused, a new version, or numbered, as was asked', async () => {
    const { api, space } = await person();
    const first = await upload(api, space.rootId, 'a.txt', Buffer.from('first'));
    expect(codeOf(await api.call('POST', '/files/uploads', { parentId: space.rootId, name: 'a.txt', size: 1 }))).toBe(
      'NAME_TAKEN',
    );
    const second = await upload(api, space.rootId, 'a.txt', Buffer.from('second'), { onClash: 'version' });
    expect(second['id']).toBe(first['id']);
    expect((await download(api, String(first['id']))).toString()).toBe('second');
    expect(((await api.get(`/nodes/${String(first['id'])}/versions`)).body['versions'] as unknown[]).length).toBe(2);
    const third = await upload(api, space.rootId, 'a.txt', Buffer.from('third'), { onClash: 'rename' });
    expect(third).toMatchObject({ name: 'a (2).txt' });
    await folder(api, space, space.rootId, 'folder');
    const id = await start(api, space.rootId, { name: 'folder', size: 0, onClash: 'version' });
    expect(codeOf(await api.call('POST', `/files/uploads/${id}/finish`))).toBe('NAME_TAKEN');
  });

  it('[VE-3] needs room when it begins and when it ends', async () => {
    const { api, space } = await person();
    const quota = (quotaBytes: number) => server.admin.call('PUT', `/admin/spaces/${space.id}/quota`, { quotaBytes });
    await quota(10);
    const large = { parentId: space.rootId, name: 'large', size: 11 };
    expect(codeOf(await api.call('POST', '/files/uploads', large))).toBe('QUOTA_EXCEEDED');
    const id = await start(api, space.rootId, { name: 'fits', size: 10 });
    await send(api, id, 0, Buffer.alloc(10, 1));
    await quota(5);
    expect(codeOf(await api.call('POST', `/files/uploads/${id}/finish`))).toBe('QUOTA_EXCEEDED');
    await quota(10);
    expect((await api.call('POST', `/files/uploads/${id}/finish`)).status).toBe(200);
  });

  /** Begun and left alone. */
  const plantOpen = (of: Person, uploads: number) =>
    server.database.dataSource.query(
      `INSERT INTO web_upload (enterprise_id, id, user_id, space_id, parent_id, node_id, name, size, on_clash, expires_at)
       SELECT u.enterprise_id, gen_random_uuid(), u.id, $2, $3, gen_random_uuid(), 'left ' || n, 1, 'refuse', $4
       FROM app_user u CROSS JOIN generate_series(1, $5) AS n WHERE u.id = $1`,
      [of.id, of.space.id, of.space.rootId, new Date(server.clock.now().getTime() + 60_000), uploads],
    );
  const reservedIn = (space: Space): Promise<unknown> =>
    server.database.dataSource.query(`SELECT reserved_bytes::int AS bytes FROM space WHERE id = $1`, [space.id]);

  it('stands in the way of more only while it is open: finished and expired ones do not count', async () => {
    const ann = await person();
    const { api, space } = ann;
    await plantOpen(ann, 499);
    const id = await start(api, space.rootId, { name: 'first', size: 4 });
    const next = { parentId: space.rootId, name: 'next', size: 4 };
    expect(codeOf(await api.call('POST', '/files/uploads', next))).toBe('RATE_LIMITED');
    await send(api, id, 0, Buffer.from('1234'));
    const first = await api.call('POST', `/files/uploads/${id}/finish`);
    await start(api, space.rootId, next);
    expect((await api.call('POST', `/files/uploads/${id}/finish`)).body).toEqual(first.body); // the answer was lost
    expect(codeOf(await api.call('POST', '/files/uploads', { ...next, name: 'last' }))).toBe('RATE_LIMITED');
    await server.database.dataSource.query(`UPDATE web_upload SET expires_at = $1 WHERE name LIKE 'left %'`, [
      server.clock.now(),
    ]);
    await start(api, space.rootId, { name: 'last', size: 4 });
  });

  it('[VE-3] keeps no room and is not open when it is refused', async () => {
    const ann = await person();
    const { api, space } = ann;
    await server.admin.call('PUT', `/admin/spaces/${space.id}/quota`, { quotaBytes: 10 });
    const wanted = { parentId: space.rootId, name: 'wanted', size: 11 };
    expect(codeOf(await api.call('POST', '/files/uploads', wanted))).toBe('QUOTA_EXCEEDED');
    await plantOpen(ann, 500);
    expect(codeOf(await api.call('POST', '/files/uploads', { ...wanted, size: 10 }))).toBe('RATE_LIMITED');
    expect(await reservedIn(space)).toEqual([{ bytes: 0 }]);
    const { dataSource } = server.database;
    expect(await dataSource.query(`SELECT 1 FROM web_upload WHERE name = 'wanted'`)).toEqual([]);
  });

  it("is its person's alone, needs the right to create, and is given up or forgotten", async () => {
    const [ada, ben] = [await person(), await person()];
    const other = await addSecondEnterprise(server);
    const id = await start(ada.api, ada.space.rootId, { name: 'mine', size: 4 });
    for (const api of [ben.api, other.admin, server.admin]) {
      expect(codeOf(await api.get(`/files/uploads/${id}`))).toBe('NOT_FOUND');
      expect(codeOf(await send(api, id, 0, Buffer.from('evil')))).toBe('NOT_FOUND');
      expect(codeOf(await api.call('POST', `/files/uploads/${id}/finish`))).toBe('NOT_FOUND');
      await api.call('DELETE', `/files/uploads/${id}`);
      const foreign = { parentId: ada.space.rootId, name: 'x', size: 1 };
      expect(codeOf(await api.call('POST', '/files/uploads', foreign))).toBe('NODE_UNKNOWN');
    }
    expect(await offsetOf(ada.api, id)).toBe(0);
    expect((await ada.api.call('DELETE', `/files/uploads/${id}`)).status).toBe(200);
    expect(codeOf(await ada.api.get(`/files/uploads/${id}`))).toBe('NOT_FOUND');
    const device = await enrollDevice(server.anybody, server.bootstrap.enrollmentToken, ada.email);
    expect(codeOf(await device.api.get(`/files/uploads/${id}`))).toBe('FORBIDDEN');
    await start(ada.api, ada.space.rootId, { name: 'late', size: 4 });
    const { dataSource } = server.database;
    await dataSource.query(`UPDATE web_upload SET expires_at = $1`, [server.clock.now()]);
    await server.app.get(JobRunner).runNow(UPLOAD_EXPIRY_JOB);
    expect(await dataSource.query(`SELECT 1 FROM web_upload`)).toEqual([]);
  });
});

describe('a preview', () => {
  const preview = (api: ApiClient, node: Body) =>
    fetch(`${server.url}/api/files/${String(node['id'])}/preview`, { headers: api.headers });

  it('shows harmless kinds in a sandbox, and gives everything else as an attachment', async () => {
    const { api, space } = await person();
    const shown: [string, string | null][] = [
      ['photo.PNG', 'image/png'],
      ['notes.txt', 'text/plain; charset=utf-8'],
      ['film.mp4', 'video/mp4'],
      ['evil.html', null],
      ['evil.svg', null],
      ['evil.pdf', null],
      ['html', null],
    ];
    for (const [name, type] of shown) {
      const answer = await preview(
        api,
        await upload(api, space.rootId, name, Buffer.from('<script>alert(1)</script>')),
      );
      expect(answer.headers.get('content-type'), name).toBe(type ?? 'application/octet-stream');
      expect(answer.headers.get('content-disposition')).toMatch(type ? /^inline;/ : /^attachment;/);
      expect(answer.headers.get('x-content-type-options')).toBe('nosniff');
      const policy = answer.headers.get('content-security-policy');
      expect(policy).toMatch(/^sandbox; default-src 'none'/);
      expect(policy).not.toMatch(/script-src|allow-/);
      expect(answer.headers.get('cross-origin-resource-policy')).toBe('same-origin');
      await answer.arrayBuffer();
    }
  });

  it('is given to whoever may preview, and to nobody who may not see', async () => {
    const [ada, ben] = [await person(), await person()];
    const node = await upload(ada.api, ada.space.rootId, 'mine.txt', Buffer.from('mine'));
    for (const api of [ben.api, server.admin]) expect((await preview(api, node)).status).toBe(404);
  });
});

type Unzipped = { readonly name: string; readonly bytes: Buffer; readonly mode: number; readonly modifiedAt: Date };

function unzip(archive: Buffer): Promise<Unzipped[]> {
  return new Promise((resolve, reject) => {
    yauzl.fromBuffer(archive, { lazyEntries: true, validateEntrySizes: true, strictFileNames: true }, (error, zip) => {
      if (error || !zip) return reject(error ?? new Error('no zip'));
      const entries: Unzipped[] = [];
      zip.on('error', reject);
      zip.on('end', () => resolve(entries));
      zip.on('entry', (entry: yauzl.Entry) => {
        const parts: Buffer[] = [];
        zip.openReadStream(entry, (failure, stream) => {
          if (failure || !stream) return reject(failure ?? new Error('no stream'));
          stream.on('data', (part: Buffer) => parts.push(part));
          stream.on('end', () => {
            const mode = entry.externalFileAttributes >>> 16;
            entries.push({
              name: entry.fileName,
              bytes: Buffer.concat(parts),
              mode,
              modifiedAt: entry.getLastModDate(),
            });
            zip.readEntry();
          });
        });
      });
      zip.readEntry();
    });
  });
}

async function zip(api: ApiClient, nodes: readonly string[], query = ''): Promise<{ answer: Response; bytes: Buffer }> {
  const answer = await fetch(`${server.url}/api/files/zip?nodes=${nodes.join(',')}${query}`, { headers: api.headers });
  return { answer, bytes: Buffer.from(await answer.arrayBuffer()) };
}

describe('a zip archive', () => {
  it('of a folder holds everything below it with its bytes, its empty folders and its times', async () => {
    const { api, space } = await person();
    const top = await folder(api, space, space.rootId, 'Top');
    const deep = await folder(api, space, await folder(api, space, top, 'Mid'), 'Deep');
    await folder(api, space, top, 'Empty');
    const large = noise(9 * MIB, 5);
    const mtimeMs = Date.UTC(2020, 1, 2, 3, 4, 6);
    await upload(api, top, 'a.txt', Buffer.from('a'), { mtimeMs });
    await upload(api, deep, '年度 ü.txt', Buffer.from('deep'));
    await upload(api, deep, 'large.bin', large);
    await upload(api, deep, 'empty', Buffer.alloc(0));
    const { answer, bytes } = await zip(api, [top]);
    expect(answer.headers.get('content-disposition')).toContain('filename="Top.zip"');
    expect(answer.headers.get('content-type')).toBe('application/zip');
    const entries = await unzip(bytes);
    expect(entries.map((entry) => entry.name).sort()).toEqual(
      [
        'Top/',
        'Top/Empty/',
        'Top/Mid/',
        'Top/Mid/Deep/',
        'Top/Mid/Deep/empty',
        'Top/Mid/Deep/large.bin',
        'Top/Mid/Deep/年度 ü.txt',
        'Top/a.txt',
      ].sort(),
    );
    const of = (name: string) => entries.find((entry) => entry.name === name);
    expect(of('Top/Mid/Deep/large.bin')?.bytes.equals(large)).toBe(true);
    expect(of('Top/Mid/Deep/年度 ü.txt')?.bytes.toString()).toBe('deep');
    expect(of('Top/a.txt')?.modifiedAt.getTime()).toBe(mtimeMs);
  });

  it('never leaves the folder it is unpacked in, whatever things are called', async () => {
    const { api, space } = await person();
    const top = await folder(api, space, space.rootId, '..\\..\\up');
    for (const name of ['..\\..\\evil.exe', 'C:\\boot.ini', '...', 'a\u0001b'])
      await upload(api, top, name, Buffer.from(name));
    const entries = await unzip((await zip(api, [top])).bytes);
    expect(entries).toHaveLength(5);
    for (const { name } of entries) {
      expect(name).not.toMatch(/\\|:|\u0001|^\//);
      expect(name.split('/').filter((part) => part === '..' || part === '.')).toEqual([]);
    }
  });

  it('of several files and folders keeps equal names apart', async () => {
    const { api, space } = await person();
    const [one, two] = [await folder(api, space, space.rootId, 'One'), await folder(api, space, space.rootId, 'Two')];
    const nodes = [
      await upload(api, one, 'same.txt', Buffer.from('1')),
      await upload(api, two, 'same.txt', Buffer.from('2')),
    ];
    const { answer, bytes } = await zip(api, [...nodes.map((node) => String(node['id'])), two], '&name=picked');
    expect(answer.headers.get('content-disposition')).toContain('picked.zip');
    const entries = await unzip(bytes);
    expect(entries.map((entry) => entry.bytes.toString()).sort()).toEqual(['', '1', '2', '2']);
    expect(new Set(entries.map((entry) => entry.name)).size).toBe(4);
  });

  it('[PE-2] leaves out what the caller may not download', async () => {
    const [ada, ben] = [await person(), await person()];
    const { body: made } = await server.admin.call('POST', '/teams', { name: `Zipped ${(count += 1)}` });
    await server.admin.call('PUT', `/teams/${String(made['id'])}/members/${ben.id}`, {});
    const { spaces } = (await server.admin.get('/spaces')).body as { spaces: (Space & { name: string })[] };
    const space = spaces.find((each) => each.name === `Zipped ${count}`);
    if (!space) throw new Error('a team has a space');
    const [open, closed] = [
      await folder(server.admin, space, space.rootId, 'Open'),
      await folder(server.admin, space, space.rootId, 'Closed'),
    ];
    await upload(server.admin, open, 'read.txt', Buffer.from('read'));
    await upload(server.admin, closed, 'secret.txt', Buffer.from('secret'));
    await server.database.dataSource.query(
      `INSERT INTO folder_grant (enterprise_id, id, space_id, node_id, identity_type, identity_id, atoms)
       SELECT enterprise_id, $1, id, $2, 'user', $3, '{visible,list}' FROM space WHERE id = $4`,
      [randomUUID(), closed, ben.id, space.id],
    );
    const entries = await unzip((await zip(ben.api, [space.rootId])).bytes);
    expect(entries.map((entry) => entry.name).filter((name) => name.endsWith('.txt'))).toEqual([
      `Zipped ${count}/Open/read.txt`,
    ]);
    expect((await zip(ada.api, [space.rootId])).answer.status).toBe(404);
    expect((await zip(ben.api, [ada.space.rootId])).answer.status).toBe(404);
    expect((await zip(ben.api, ['nonsense'])).answer.status).toBe(400);
    expect(chunkOf(Buffer.from(newId())).size).toBe(36);
  });

  it('of a folder with thousands of files is whole', async () => {
    const { api, space } = await person();
    const top = await folder(api, space, space.rootId, 'Many');
    for (let at = 0; at < 2000; at += 500) {
      const files = Array.from({ length: 500 }, (_, index) => ({
        bytes: Buffer.from(`file ${at + index}`),
        name: `f${at + index}`,
      }));
      const header = {
        atomic: false,
        ops: files.map((file) => ops.file(top as never, file.name, file)),
        inline: files.map((file) => chunkOf(file.bytes)),
      };
      const answer = await fetch(`${server.url}/api/spaces/${space.id}/batch`, {
        method: 'POST',
        headers: { ...api.headers, 'content-type': FRAME_CONTENT_TYPE },
        body: Buffer.concat(
          encodeFrame(
            header,
            files.map((file) => file.bytes),
          ),
        ),
      });
      expect(answer.status).toBe(200);
      await answer.arrayBuffer();
    }
    const entries = await unzip((await zip(api, [top])).bytes);
    const files = entries.filter((entry) => !entry.name.endsWith('/'));
    expect(files).toHaveLength(2000);
    for (const { name, bytes } of files) expect(`Many/f${bytes.toString().slice(5)}`).toBe(name);
  });

  it('lets go of everything when the taker goes away', async () => {
    const { api, space } = await person();
    const node = await upload(api, space.rootId, 'big.bin', noise(30 * MIB, 6));
    const sockets = new Set<Socket>();
    const track = (socket: Socket) => sockets.add(socket);
    const http: HttpServer = server.app.getHttpServer();
    http.on('connection', track);
    await new Promise<void>((resolve) => {
      const url = `${server.url}/api/files/zip?nodes=${String(node['id'])}`;
      const request = httpRequest(url, { headers: api.headers, agent: false }, (answer) => {
        answer.once('data', () => request.destroy());
        answer.once('close', resolve);
        answer.on('error', () => undefined); // cut off on purpose
      });
      request.on('error', () => undefined);
      request.end();
    });
    await expect.poll(() => [...sockets].map((socket) => socket.destroyed), { timeout: 10_000 }).toEqual([true]);
    http.off('connection', track);
    expect((await zip(api, [String(node['id'])])).bytes.length).toBeGreaterThan(30 * MIB);
  });
});
