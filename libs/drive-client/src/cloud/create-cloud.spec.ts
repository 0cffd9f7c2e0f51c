import { createHash } from 'node:crypto';
import type { ServerResponse } from 'node:http';
import { decodeFrame, digestOf, encodeFrame, type DriveNode } from '@tideline/contracts';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { createApiClient } from '../http/api-client.ts';
import { createRetry } from '../decorators/retry.ts';
import {
  sendError,
  sendJson,
  startLocalServer,
  type LocalServer,
  type ReceivedRequest,
} from '../testing/local-server.ts';
import { createCloud } from './create-cloud.ts';
import type { CloudLimits } from './cloud-limits.ts';

const sha256Hex = (text: string) => createHash('sha256').update(text).digest('hex');
const id = (n: number) => `0190a000-0000-7000-8000-${String(n).padStart(12, '0')}` as never;
const hash = (n: number) => String(n).padStart(64, '0') as never;
const SPACE: string = id(1);
const ROOT: string = id(2);

type Answer = (request: ReceivedRequest, response: ServerResponse, index: number) => unknown;
let answer: Answer = () => undefined;
let server: LocalServer;
beforeEach(async () => {
  server = await startLocalServer((...call) => answer(...call));
});
afterEach(() => server.close());

function cloudOf(limits: Partial<CloudLimits> = {}) {
  const retry = createRetry({ sleep: () => Promise.resolve(), random: () => 0 });
  return createCloud({
    client: createApiClient({ baseUrl: server.url }),
    retry,
    spaceId: SPACE,
    rootId: ROOT,
    origin: 'sync',
    sha256Hex,
    limits,
  });
}
const signal = () => new AbortController().signal;

function node(n: number, name: string): DriveNode {
  return {
    id: id(n),
    parentId: n === 2 ? null : id(2),
    name,
    kind: n === 2 ? 'folder' : 'file',
    rev: 1,
    seq: n,
    versionId: null,
    contentId: n === 2 ? null : hash(n),
    size: n === 2 ? null : 1,
    mtimeMs: null,
    exec: false,
    trashedAt: null,
  };
}

describe('a listing', () => {
  const root = node(2, '');
  const below = [node(3, 'a'), node(4, 'ä'), node(5, 'b')];
  const whole = {
    count: 3,
    digest: digestOf(below, sha256Hex),
    cursor: 'c9',
    seq: 9,
    epoch: 'e',
    capsRev: 1,
  };
  const pages = [
    { ...whole, nodes: [root, ...below.slice(0, 1)], nextPage: 'p1' },
    { ...whole, nodes: below.slice(1), nextPage: null },
  ] as const;
  const page = (request: ReceivedRequest) => (request.path.includes('page=p1') ? pages[1] : pages[0]);

  it('is put together from its pages and checked', async () => {
    answer = (request, response) => sendJson(response, page(request));
    const listing = await cloudOf().listing(ROOT, signal());
    expect([...listing.nodes].map((n) => n.name)).toEqual(['', 'a', 'ä', 'b']);
    expect(listing).toMatchObject({ cursor: 'c9', seq: 9, epoch: 'e', capsRev: 1 });
  });

  it('[G10] goes on after a page that failed', async () => {
    answer = (request, response, index) =>
      index === 1 ? sendError(response, 'INTERNAL', { status: 500 }) : sendJson(response, page(request));
    expect([...(await cloudOf().listing(ROOT, signal())).nodes]).toHaveLength(4);
  });

  it.each([
    ['[G10] a node is missing', { ...pages[1], nodes: below.slice(1, 2) }],
    ['[G10] a node is another one', { ...pages[1], nodes: [below[1], { ...below[2], name: 'c' }] }],
    ['[G09] its pages tell of different moments', { ...pages[1], seq: 10 }],
  ])('is an error when %s', async (_, last) => {
    answer = (request, response) => sendJson(response, request.path.includes('page=') ? last : pages[0]);
    await expect(cloudOf().listing(ROOT, signal())).rejects.toMatchObject({ code: 'UNAVAILABLE' });
    expect(server.requests).toHaveLength(6);
  });

  it('[G10] is an error when one page never comes', async () => {
    answer = (request, response) =>
      request.path.includes('page=')
        ? sendError(response, 'UNAVAILABLE', { status: 503 })
        : sendJson(response, pages[0]);
    await expect(cloudOf().listing(ROOT, signal())).rejects.toMatchObject({ code: 'UNAVAILABLE' });
  });

  it('begins anew when the server gave its snapshot up', async () => {
    answer = (request, response, index) =>
      index === 1 ? sendError(response, 'CURSOR_EXPIRED', { status: 410 }) : sendJson(response, page(request));
    expect([...(await cloudOf().listing(ROOT, signal())).nodes]).toHaveLength(4);
    expect(server.requests).toHaveLength(4);
  });
});

describe('the change feed', () => {
  const page = { items: [], cursor: 'c2', seq: 4, epoch: 'e', capsRev: 1, more: false };

  it('tells that a cursor is too old', async () => {
    answer = (_, response) => sendError(response, 'CURSOR_EXPIRED', { status: 410 });
    await expect(cloudOf().changes('c', signal())).rejects.toMatchObject({ code: 'CURSOR_EXPIRED' });
    expect(server.requests).toHaveLength(1);
  });

  it('is never read past an item of an unknown kind: a listing is asked for', async () => {
    answer = (_, response) => sendJson(response, { ...page, items: [{ type: 'hologram', id: id(3) }] });
    await expect(cloudOf().changes('c', signal())).rejects.toMatchObject({ code: 'CURSOR_INVALID' });
  });
});

describe('bytes on their way up', () => {
  it('[R04] are committed with the very same frame after a lost answer', async () => {
    answer = (_, response, index) =>
      index === 0 ? void response.destroy() : sendJson(response, { seq: 1, epoch: 'e', outcomes: [] });
    const op = { kind: 'restore' as const, opId: id(8), nodeId: id(3) };
    const chunk = { hash: hash(1), size: 3 };
    await cloudOf().commit({ atomic: false, ops: [op], inline: [{ chunk, bytes: Buffer.from('abc') }] });
    expect(server.requests).toHaveLength(2);
    expect(server.requests[0]?.body.equals(server.requests[1]?.body ?? Buffer.alloc(0))).toBe(true);
    expect(decodeFrame(server.requests[1]?.body ?? Buffer.alloc(0))?.header).toEqual({
      origin: 'sync',
      atomic: false,
      ops: [op],
      inline: [chunk],
    });
  });

  it('are cut into packs that the server takes', async () => {
    answer = (_, response) => sendJson(response, { stored: 1 });
    const chunks = [40, 40, 40, 150, 10].map((size, n) => ({
      chunk: { hash: hash(n), size },
      bytes: new Uint8Array(size),
    }));
    await cloudOf({ packBytes: 100, packItems: 2 }).putPack(chunks);
    const sizes = server.requests.map(({ body }) => decodeFrame(body)?.bytes.length);
    expect(sizes).toEqual([80, 40, 150, 10]);
  });

  it('are asked about in slices', async () => {
    answer = (request, response) => {
      const { chunks } = JSON.parse(request.body.toString()) as { chunks: { hash: string }[] };
      sendJson(response, { missing: chunks.slice(0, 1).map((chunk) => chunk.hash) });
    };
    const chunks = [1, 2, 3].map((n) => ({ hash: hash(n), size: 1 }));
    expect(await cloudOf({ askItems: 2 }).missing(chunks)).toEqual(new Set([hash(1), hash(3)]));
  });

  it('[VE-3] ask for room with every slice, also when there is nothing else to ask, and name it with every pack', async () => {
    answer = (request, response) =>
      sendJson(response, request.path.endsWith('missing') ? { missing: [] } : { stored: 1 });
    const room = { key: id(9), bytes: 70 };
    const cloud = cloudOf({ askItems: 1 });
    const chunks = [1, 2].map((n) => ({ hash: hash(n), size: 1 }));
    await cloud.missing(chunks, room);
    await cloud.missing([], room);
    const asked = server.requests.map(({ body }) => JSON.parse(body.toString()) as { reserve: unknown });
    expect(asked.map(({ reserve }) => reserve)).toEqual(Array(3).fill([room]));
    await cloud.putPack([{ chunk: { hash: hash(1), size: 1 }, bytes: new Uint8Array(1) }], room.key);
    expect(decodeFrame(server.requests[3]?.body ?? Buffer.alloc(0))?.header).toMatchObject({ reservation: room.key });
  });
});

describe('bytes on their way down', () => {
  const items = [
    { status: 'sent', nodeId: id(3), contentId: hash(3), size: 3 },
    { status: 'unavailable', nodeId: id(4), code: 'NODE_UNKNOWN' },
    { status: 'sent', nodeId: id(5), contentId: hash(5), size: 0 },
    { status: 'sent', nodeId: id(6), contentId: hash(6), size: 4 },
  ];
  const asked = [3, 4, 5, 6].map((n) => ({ nodeId: id(n), contentId: hash(n) }));
  const frame = Buffer.concat(encodeFrame({ items }, [Buffer.from('abc'), Buffer.from('defg')]));

  it('come several files at once, and when a bundle breaks off only what is left of it again', async () => {
    answer = (_, response, index) => {
      if (index > 0)
        return void response.end(Buffer.concat(encodeFrame({ items: items.slice(3) }, [Buffer.from('defg')])));
      response.writeHead(200, { 'content-length': frame.length });
      response.write(frame.subarray(0, frame.length - 2), () => response.destroy());
    };
    const bundle = await cloudOf().bundle(asked, signal());
    expect(bundle.map((item) => (item.t === 'bytes' ? Buffer.from(item.bytes).toString() : item.code))).toEqual([
      'abc',
      'NODE_UNKNOWN',
      '',
      'defg',
    ]);
  });

  it.each([
    { bytes: 8, inside: ['abc', '', 'defg'] },
    { bytes: 5, inside: ['abc', ''] },
  ])(
    'come into memory of the caller, as far as $bytes bytes hold them, with nothing of a broken try left',
    async (on) => {
      answer = (_, response, index) => {
        if (index > 0)
          return void response.end(Buffer.concat(encodeFrame({ items: items.slice(3) }, [Buffer.from('defg')])));
        response.writeHead(200, { 'content-length': frame.length });
        response.write(frame.subarray(0, frame.length - 2), () => response.destroy());
      };
      const into = new Uint8Array(new SharedArrayBuffer(on.bytes));
      const bundle = await cloudOf().bundle(asked, signal(), into);
      const came = bundle.flatMap((item) => (item.t === 'bytes' ? [item.bytes] : []));
      expect(came.map((bytes) => Buffer.from(bytes).toString())).toEqual(['abc', '', 'defg']);
      const inside = came.filter((bytes) => bytes.buffer === into.buffer);
      expect(inside.map((bytes) => Buffer.from(bytes).toString())).toEqual(on.inside);
      if (on.bytes === 8) expect(Buffer.from(into).toString()).toBe('abcdefg\0');
    },
  );

  it('are refused when they belong to a file that was not asked for', async () => {
    answer = (_, response) => void response.end(frame);
    await expect(cloudOf().bundle(asked.slice(1), signal())).rejects.toMatchObject({ code: 'INTERNAL' });
  });

  const read = async (from: number, to: number) => {
    const runs: Uint8Array[] = [];
    const range = { contentId: hash(3), from, to };
    for await (const run of cloudOf().content(id(3), range, signal())) runs.push(run);
    return Buffer.concat(runs).toString();
  };

  it('[R16] go on where they broke off', async () => {
    const bytes = Buffer.from('0123456789');
    answer = (request, response) => {
      const [from = 0, last = 0] = (request.headers.range ?? '').replace('bytes=', '').split('-').map(Number);
      response.writeHead(206, { 'content-length': last + 1 - from });
      const part = bytes.subarray(from, Math.min(from + 3, last + 1));
      response.write(part, () => (from + 3 > last ? response.end() : response.destroy()));
    };
    expect(await read(1, 9)).toBe('12345678');
    expect(server.requests.map((request) => request.headers.range)).toEqual(['bytes=1-8', 'bytes=4-8', 'bytes=7-8']);
  });

  it('[R16] end when the drive holds another content by now, so that two contents are never mixed', async () => {
    answer = (request, response, index) => {
      expect(request.headers['if-range']).toBe(`"${hash(3) as string}"`);
      if (index > 0) return void response.writeHead(200).end('another content');
      response.writeHead(206, { 'content-length': 8 });
      response.write('0123', () => response.destroy());
    };
    expect(await read(0, 8)).toBe('0123');
    expect(server.requests).toHaveLength(2);
  });

  it.each([
    [404, 'NODE_UNKNOWN'],
    [416, 'RANGE_INVALID'],
  ])('end at once when the drive says %i %s', async (status, code) => {
    answer = (_, response) => sendError(response, code, { status: status });
    expect(await read(0, 8)).toBe('');
    expect(server.requests).toHaveLength(1);
  });

  it('[R16] are given up when tries bring nothing any more', async () => {
    answer = (_, response) => void response.destroy();
    await expect(read(0, 8)).rejects.toMatchObject({ code: 'SERVER_UNREACHABLE' });
    expect(server.requests).toHaveLength(4);
  });
});
