import {
  decodeFrame,
  encodeFrame,
  FRAME_CONTENT_TYPE,
  type DriveNode,
  type NodeId,
  type Space,
} from '@tideline/contracts';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { startTestConsole, type TestConsole } from '../testing/test-console.ts';
import { enrollDevice, type TestDevice } from '../testing/test-device.ts';
import { bytesOf, chunkOf, noise, ops } from './testing/drive-world.ts';

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

function sendFrame(
  method: 'POST' | 'PUT',
  path: string,
  frame: { header: unknown; parts: readonly Uint8Array[] },
  cut = 0,
) {
  const body = Buffer.concat(encodeFrame(frame.header, frame.parts));
  return fetch(`${server.url}/api${path}`, {
    method,
    headers: { ...ada.api.headers, 'content-type': FRAME_CONTENT_TYPE },
    body: body.subarray(0, body.length - cut),
  });
}

/** Reads every answer to its end: a connection with unread bytes would hold up the server's stop. */
async function download(nodeId: NodeId, headers: Record<string, string> = {}, caller = ada.api.headers) {
  const answer = await fetch(`${server.url}/api/nodes/${nodeId}/content`, { headers: { ...caller, ...headers } });
  const bytes = Buffer.from(await answer.arrayBuffer());
  const code = () => (JSON.parse(bytes.toString()) as { code: string }).code;
  return { status: answer.status, headers: answer.headers, bytes, code };
}

async function upload(name: string, bytes: Uint8Array): Promise<NodeId> {
  const file = ops.file(space.rootId, name, { bytes });
  const header = { atomic: false, ops: [file], inline: [chunkOf(bytes)] };
  const answer = await sendFrame('POST', `/spaces/${space.id}/batch`, { header, parts: [bytes] });
  expect(answer.status).toBe(200);
  expect(await answer.json()).toMatchObject({ outcomes: [{ status: 'done' }] });
  return file.nodeId;
}

describe('content over HTTP', () => {
  it('answers whole, in ranges and conditionally by a strong ETag', async () => {
    const bytes = noise(300_000, 9);
    const nodeId = await upload('data.bin', bytes);
    const whole = await download(nodeId);
    const etag = `"${chunkOf(bytes).hash}"`;
    expect([whole.status, whole.headers.get('etag'), whole.headers.get('content-length')]).toEqual([
      200,
      etag,
      '300000',
    ]);
    expect(whole.bytes.equals(bytes)).toBe(true);
    const part = await download(nodeId, { range: 'bytes=1000-1999', 'if-range': etag });
    expect([part.status, part.headers.get('content-range')]).toEqual([206, 'bytes 1000-1999/300000']);
    expect(part.bytes.equals(bytes.subarray(1000, 2000))).toBe(true);
    const changed = await download(nodeId, { range: 'bytes=1000-1999', 'if-range': '"another"' });
    expect(changed.status).toBe(200);
    expect((await download(nodeId, { 'if-none-match': etag })).status).toBe(304);
    const beyond = await download(nodeId, { range: 'bytes=300000-' });
    expect([beyond.status, beyond.code()]).toEqual([416, 'RANGE_INVALID']);
  });

  it('never lets an uploaded page run as one of ours', async () => {
    const nodeId = await upload('<evil> "page" ü.html', bytesOf('<script>alert(1)</script>'));
    const { headers } = await download(nodeId);
    expect(headers.get('content-type')).toBe('application/octet-stream');
    expect(headers.get('x-content-type-options')).toBe('nosniff');
    expect(headers.get('content-security-policy')).toBe("sandbox; default-src 'none'");
    expect(headers.get('content-disposition')).toBe(
      `attachment; filename="<evil> _page_ _.html"; filename*=UTF-8''%3Cevil%3E%20%22page%22%20%C3%BC.html`,
    );
  });

  it('[PE-5] answers an admin who asks for a personal file as if there were none', async () => {
    const nodeId = await upload('private', bytesOf('mine'));
    const refused = await download(nodeId, {}, server.admin.headers);
    expect([refused.status, refused.code()]).toEqual([404, 'NODE_UNKNOWN']);
  });

  it('serves an empty file', async () => {
    const file = ops.file(space.rootId, 'empty', { bytes: bytesOf('') });
    const sent = await sendFrame('POST', `/spaces/${space.id}/batch`, {
      header: { atomic: false, ops: [file], inline: [] },
      parts: [],
    });
    await sent.arrayBuffer();
    const answer = await download(file.nodeId);
    expect([answer.status, answer.bytes.length]).toEqual([200, 0]);
  });
});

describe('frames over HTTP', () => {
  it('answers a refused upload with its code, although bytes are still on their way', async () => {
    const [good, bad] = [noise(100, 11), noise(6_000_000, 12)];
    const header = { chunks: [{ ...chunkOf(good), hash: chunkOf(bad).hash }, chunkOf(bad)] };
    const answer = await sendFrame('PUT', `/spaces/${space.id}/chunks/pack`, { header, parts: [good, bad] });
    expect([answer.status, ((await answer.json()) as { code: string }).code]).toEqual([422, 'CHUNK_CORRUPT']);
  });

  it('refuses a frame that is cut short, a header that is none and a body that is no frame', async () => {
    const bytes = noise(1000, 13);
    const frame = { header: { chunks: [chunkOf(bytes)] }, parts: [bytes] };
    const path = `/spaces/${space.id}/chunks/pack`;
    for (const answer of [
      await sendFrame('PUT', path, frame, 1),
      await sendFrame('PUT', path, { header: 'x', parts: [] }),
      await fetch(`${server.url}/api${path}`, {
        method: 'PUT',
        headers: { ...ada.api.headers, 'content-type': 'text/plain' },
        body: 'x',
      }),
    ]) {
      expect([answer.status, ((await answer.json()) as { code: string }).code]).toEqual([400, 'INVALID_INPUT']);
    }
  });

  it('sends a bundle as one frame', async () => {
    const parts = [noise(5000, 21), noise(70_000, 22)];
    const ids = [await upload('b1', parts[0]!), await upload('b2', parts[1]!)];
    const nodes = ids.map((nodeId, index) => ({ nodeId, contentId: chunkOf(parts[index]!).hash }));
    const answer = await fetch(`${server.url}/api/spaces/${space.id}/content/bundle`, {
      method: 'POST',
      headers: { ...ada.api.headers, 'content-type': 'application/json' },
      body: JSON.stringify({ nodes }),
    });
    expect(answer.headers.get('content-type')).toBe(FRAME_CONTENT_TYPE);
    const frame = decodeFrame(new Uint8Array(await answer.arrayBuffer()));
    expect(frame?.header).toMatchObject({
      items: [
        { status: 'sent', size: 5000 },
        { status: 'sent', size: 70_000 },
      ],
    });
    expect(Buffer.from(frame?.bytes ?? []).equals(Buffer.concat(parts))).toBe(true);
  });
});

describe('the feed over HTTP', () => {
  it('leads from a listing by its cursor to what was written since', async () => {
    const at = `/spaces/${space.id}`;
    const listing = (await ada.api.get(`${at}/listing?root=${space.rootId}`)).body;
    await upload('after the listing', bytesOf('x'));
    const query = new URLSearchParams({ root: space.rootId, cursor: String(listing['cursor']) });
    const changes = (await ada.api.get(`${at}/changes?${query.toString()}`)).body;
    const items = changes['items'] as { type: string; node: DriveNode }[];
    expect(items.map((item) => item.node.name)).toEqual(['after the listing']);
    const digest = (await ada.api.get(`${at}/digest?root=${space.rootId}`)).body;
    expect(digest).toMatchObject({ seq: changes['seq'], epoch: changes['epoch'] });
    const refused = await ada.api.get(`${at}/changes?root=${space.rootId}&cursor=nonsense`);
    expect([refused.status, refused.body.code]).toEqual([410, 'CURSOR_INVALID']);
  });
});
