import { request } from 'node:http';
import { connect } from 'node:net';
import { ERROR_CODES, FRAME_CONTENT_TYPE, type Space } from '@tideline/contracts';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { chunkOf, noise, ops } from '../drive/testing/drive-world.ts';
import { startTestConsole, type TestConsole } from '../testing/test-console.ts';
import { enrollDevice, type TestDevice } from '../testing/test-device.ts';

let server: TestConsole;
let ada: TestDevice;
let space: Space;
beforeAll(async () => {
  server = await startTestConsole('demo');
  ada = await enrollDevice(server.anybody, server.bootstrap.enrollmentToken, 'ada@tideline.example');
  const { body } = await ada.api.get('/spaces');
  space = (body['spaces'] as Space[]).find((each) => each.kind === 'personal') as Space;
});
afterAll(() => server.stop());

type Answer = { readonly status: number; readonly body: Record<string, unknown> };

/** JSON as written here, which JSON.stringify would not write. */
async function raw(method: string, path: string, body: string, headers: Record<string, string> = {}): Promise<Answer> {
  const answer = await fetch(`${server.url}/api${path}`, {
    method,
    headers: { ...server.admin.headers, origin: server.url, 'content-type': 'application/json', ...headers },
    body,
  });
  return { status: answer.status, body: JSON.parse((await answer.text()) || '{}') as Record<string, unknown> };
}

/** A batch whose header is the text as it is: its length, the text, the parts. */
async function batch(header: string, parts: readonly Uint8Array[] = []): Promise<Answer> {
  const length = Buffer.alloc(4);
  length.writeUInt32BE(Buffer.byteLength(header));
  const frame = Buffer.concat([length, Buffer.from(header), ...parts]);
  const answer = await fetch(`${server.url}/api/spaces/${space.id}/batch`, {
    method: 'POST',
    headers: { ...ada.api.headers, 'content-type': FRAME_CONTENT_TYPE },
    body: frame,
  });
  return { status: answer.status, body: (await answer.json()) as Record<string, unknown> };
}
/** [SA] one shape for whatever is wrong: code, sentence, correlation id; never the inside of the server. */
function refusal({ status, body }: Answer): string {
  expect(ERROR_CODES).toContain(body['code']);
  expect(typeof body['message']).toBe('string');
  expect(body['correlationId']).toMatch(/\S/);
  expect(JSON.stringify(body)).not.toMatch(/node_modules|\.ts:|SELECT |violates|stack/);
  expect(status).toBeGreaterThanOrEqual(400);
  expect(status).toBeLessThan(500);
  return String(body['code']);
}

const folder = (over: Record<string, unknown> = {}) => ({ ...ops.folder(space.rootId, crypto.randomUUID()), ...over });
const header = (...operations: unknown[]) => JSON.stringify({ atomic: false, ops: operations, inline: [] });

describe('JSON that says one thing twice', () => {
  it('counts as the last one says, for what is checked and for what is done alike', async () => {
    const op = folder({ name: 'as said last' });
    const twice = header(op).replace('"name":"as said last"', '"name":"a/b","name":"as said last"');
    expect(twice).toContain('"name":"a/b"');
    const { status, body } = await batch(twice);
    expect([status, body['outcomes']]).toMatchObject([200, [{ status: 'done', node: { name: 'as said last' } }]]);
    const spoiled = header(folder({ name: 'good' })).replace('"name":"good"', '"name":"good","name":"a/b"');
    expect(refusal(await batch(spoiled))).toBe('INVALID_INPUT');
  });
});

describe('keys that would reach into every object', () => {
  it('change no prototype, give nobody a right, and are refused or passed over like any other unknown key', async () => {
    const bodies = [
      '{"__proto__":{"role":"super_admin","isAdmin":true},"name":"Pia","email":"pia@tideline.example","password":"correct horse battery"}',
      '{"constructor":{"prototype":{"role":"super_admin"}},"name":"Pit","email":"pit@tideline.example","password":"correct horse battery"}',
      '{"name":"Pam","email":"pam@tideline.example","password":"correct horse battery","toString":1,"hasOwnProperty":true}',
    ];
    for (const body of bodies) {
      const answer = await raw('POST', '/users', body);
      if (answer.status >= 400) expect(refusal(answer)).toBe('INVALID_INPUT');
      else expect(answer.body['role']).toBe('user');
    }
    expect(({} as Record<string, unknown>)['role']).toBeUndefined();
    expect(({} as Record<string, unknown>)['isAdmin']).toBeUndefined();
    const op = JSON.stringify(folder()).replace('{', '{"__proto__":{"kind":"trash"},');
    const answer = await batch(`{"atomic":false,"ops":[${op}],"inline":[]}`);
    if (answer.status === 200)
      expect(answer.body['outcomes']).toMatchObject([{ status: 'done', node: { kind: 'folder' } }]);
    else expect(refusal(answer)).toBe('INVALID_INPUT');
    expect((await server.anybody.get('/openapi.json')).status).toBe(200);
  });

  it('may be names of files and folders, which are found again', async () => {
    const names = ['__proto__', 'constructor', 'hasOwnProperty', 'toString'];
    const { body } = await batch(header(...names.map((name) => folder({ name }))));
    expect((body['outcomes'] as { status: string }[]).map(({ status }) => status)).toEqual(Array(4).fill('done'));
    for (const name of names) {
      const { body: found } = await ada.api.get(`/drive/resolve?path=${encodeURIComponent(`personal:/${name}`)}`);
      expect(found).toMatchObject({ node: { name }, missing: [] });
    }
  });
});

describe('numbers that no computer of ours counts to', () => {
  const empty = { mtimeMs: null, exec: false };
  const file = (size: unknown, chunks: unknown = []) => ({
    ...folder(),
    kind: 'createFile',
    content: { size, chunks },
    ...empty,
  });
  const big = ['9007199254740993', '1e30', '-1', '0.5', '1e-320', '1e999'];

  it.each(big)('%s is no size of a file or of a chunk', async (number) => {
    const chunk = { hash: 'a'.repeat(64), size: 7777 };
    for (const text of [header(file(7777)), header(file(1, [chunk]))]) {
      expect(refusal(await batch(text.replace('7777', number)))).toBe('INVALID_INPUT');
    }
  });

  it('a manifest whose sizes do not sum up to the file’s is refused', async () => {
    const bytes = noise(10, 1);
    for (const size of [9, 11, Number.MAX_SAFE_INTEGER]) {
      expect(refusal(await batch(header(file(size, [chunkOf(bytes)]))))).toBe('INVALID_INPUT');
    }
  });

  it.each([...big.slice(0, 2), '-1', '0.5'])('%s is no revision, seq, quota, limit or offset', async (number) => {
    const trash = { kind: 'trash', opId: crypto.randomUUID(), nodeId: space.rootId };
    for (const key of ['ifMatch', 'ifSubtreeSeq']) {
      const text = header({ ...trash, [key]: 7777 }).replace('7777', number);
      const answer = await batch(text);
      expect(answer.status === 200 ? answer.body['outcomes'] : refusal(answer)).toSatisfy(
        (said: unknown) => said === 'INVALID_INPUT' || (said as { code: string }[])[0]?.code === 'ROOT_IMMUTABLE',
      );
    }
    expect(refusal(await raw('PUT', `/admin/spaces/${space.id}/quota`, `{"quotaBytes":${number}}`))).toBe(
      'INVALID_INPUT',
    );
    for (const path of [
      `/nodes/${space.rootId}/children?limit=${number}`,
      `/spaces/${space.id}/trash?limit=${number}`,
      `/spaces/${space.id}/changes?root=${space.rootId}&cursor=x&limit=${number}`,
    ]) {
      const { status, body } = await ada.api.get(path);
      expect(refusal({ status, body: body })).toMatch(/INVALID/);
    }
  });

  it('times beyond all calendars are refused or kept as they are, and never break a reader', async () => {
    for (const mtimeMs of ['8.64e15', '-8.64e15', '8640000000000001', '1e308', '-1e308']) {
      const op = { ...file(0), mtimeMs: 7777 };
      const answer = await batch(header(op).replace('"mtimeMs":7777', `"mtimeMs":${mtimeMs}`));
      if (answer.status !== 200) expect(refusal(answer)).toBe('INVALID_INPUT');
      else expect((await ada.api.get(`/nodes/${op.nodeId}/versions`)).status).toBe(200);
    }
    expect((await ada.api.get(`/nodes/${space.rootId}/children`)).status).toBe(200);
  });
});

describe('text that is none', () => {
  it.each(['a\\u0000b', 'a\\ud800b', '\\udfff'])(
    '"%s" in a name of a user, team, list or device is refused',
    async (text) => {
      const bodies: [string, string, string][] = [
        ['POST', '/teams', `{"name":"${text}"}`],
        ['POST', '/users', `{"name":"${text}","email":"n@tideline.example","password":"correct horse battery"}`],
        ['POST', '/action-lists', `{"name":"${text}","atoms":["visible"]}`],
      ];
      for (const [method, path, body] of bodies) {
        const answer = await raw(method, path, body);
        if (answer.body['code'] === 'ROUTE_UNKNOWN') throw new Error(`${path} is no route`);
        expect(refusal(answer)).toBe('INVALID_INPUT');
      }
    },
  );
});

describe('[SA-1] ranges of a download', () => {
  let nodeId: string;
  const bytes = noise(1000, 5);
  beforeAll(async () => {
    const op = ops.file(space.rootId, 'ranges.bin', { bytes });
    const text = JSON.stringify({ atomic: false, ops: [op], inline: [chunkOf(bytes)] });
    expect((await batch(text, [bytes])).status).toBe(200);
    nodeId = op.nodeId;
  });
  const get = async (range: string) => {
    const answer = await fetch(`${server.url}/api/nodes/${nodeId}/content`, { headers: { ...ada.api.headers, range } });
    return {
      status: answer.status,
      range: answer.headers.get('content-range'),
      body: Buffer.from(await answer.arrayBuffer()),
    };
  };

  it.each([
    ['bytes=0-0', 0, 1],
    ['bytes=999-999', 999, 1000],
    ['bytes=990-5000', 990, 1000],
    ['bytes=990-', 990, 1000],
    ['bytes=-10', 990, 1000],
    ['bytes=-5000', 0, 1000],
    ['bytes=990-99999999999999999999999', 990, 1000],
  ])('%s is answered with what there is of it', async (range, start, end) => {
    const answer = await get(range);
    expect([answer.status, answer.range]).toEqual([206, `bytes ${start}-${end - 1}/1000`]);
    expect(answer.body.equals(bytes.subarray(start, end))).toBe(true);
  });

  it.each(['bytes=1000-', 'bytes=1000-1001', 'bytes=-0', 'bytes=99999999999999999999999-'])(
    '%s lies outside: 416 with the size',
    async (range) => {
      const answer = await get(range);
      expect([answer.status, answer.range]).toEqual([416, 'bytes */1000']);
      expect(
        refusal({ status: answer.status, body: JSON.parse(answer.body.toString()) as Record<string, unknown> }),
      ).toBe('RANGE_INVALID');
    },
  );

  it.each(['bytes=0-1,5-6', 'bytes=5-1', 'bytes=a-b', 'bytes=', 'bytes=-', 'items=0-1', 'bytes 0-1', '0-1'])(
    '%s is no range that is served: the answer is the whole file, as the protocol allows',
    async (range) => {
      const answer = await get(range);
      expect([answer.status, answer.body.equals(bytes)]).toEqual([200, true]);
    },
  );

  it('five thousand of them are refused with the header that holds them', async () => {
    expect((await get(`bytes=${'0-1,'.repeat(5000)}0-1`)).status).toBe(431);
  });
});

describe('requests that are too large', () => {
  it('headers beyond all measure end in 431 in the one shape, and the server goes on', async () => {
    const said = await new Promise<string>((resolve, reject) => {
      const socket = connect(Number(new URL(server.url).port), '127.0.0.1');
      let said = '';
      socket.on('data', (data) => (said += data.toString()));
      socket.on('close', () => resolve(said));
      socket.on('error', () => (said === '' ? reject(new Error('closed without an answer')) : undefined));
      socket.write(`GET /api/health HTTP/1.1\r\nhost: x\r\nx-large: ${'x'.repeat(40_000)}\r\n\r\n`);
    });
    expect(said).toMatch(/^HTTP\/1\.1 431 /);
    expect(said).toContain('"code":"INVALID_INPUT"');
    expect((await server.anybody.get('/openapi.json')).status).toBe(200);
  });

  it('thousands of headers and of query parameters change nothing', async () => {
    const many = Object.fromEntries(Array.from({ length: 900 }, (_, index) => [`x-${index}`, 'y']));
    const status = await new Promise<number>((resolve, reject) => {
      const sent = request(`${server.url}/api/openapi.json?${'a=1&'.repeat(2000)}`, { headers: many }, (answer) => {
        answer.resume().on('end', () => resolve(answer.statusCode ?? 0));
      });
      sent.on('error', reject).end();
    });
    expect([200, 400, 431]).toContain(status);
  });

  it('JSON of a hundred thousand levels is refused without a crash', async () => {
    const deep = '['.repeat(100_000) + ']'.repeat(100_000);
    const answer = await raw('POST', '/teams', `{"name":${deep}}`);
    expect([400, 413]).toContain(answer.status);
    expect(refusal(await batch(`{"atomic":false,"ops":${deep},"inline":[]}`))).toMatch(
      /INVALID_INPUT|PAYLOAD_TOO_LARGE/,
    );
    expect((await server.anybody.get('/openapi.json')).status).toBe(200);
  });

  it('a batch of 501 operations is refused whole', async () => {
    const operations = Array.from({ length: 501 }, (_, index) => folder({ name: `many ${index}` }));
    expect(refusal(await batch(header(...operations)))).toBe('INVALID_INPUT');
  });
});
