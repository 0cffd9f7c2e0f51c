import { once } from 'node:events';
import { request, type IncomingMessage, type ServerResponse } from 'node:http';
import { setImmediate as turn } from 'node:timers/promises';
import { encodeFrame, FRAME_CONTENT_TYPE, type NodeId, type Space } from '@tideline/contracts';
import { afterAll, beforeAll, describe, expect, it, onTestFinished } from 'vitest';
import { BlobStore, type ByteSource } from '../blobs/blob-store.ts';
import { startTestConsole, type TestConsole } from '../testing/test-console.ts';
import { enrollDevice, type TestDevice } from '../testing/test-device.ts';
import { chunkOf, noise, ops } from './testing/drive-world.ts';

const MiB = 1024 * 1024;
/** What the process holds for one reader that does not read: what it has read ahead, and what waits to be written. */
const MAX_HELD_DOWN_BYTES = 8 * MiB;
/** What it holds for one sender whose bytes the store does not take. */
const MAX_HELD_UP_BYTES = MiB;
/** Turns of the event loop that the slow side lets pass: time enough for the fast side to run away if nothing holds it. */
const TURNS = 20;

let server: TestConsole;
let device: TestDevice;
let space: Space;
let blobs: BlobStore;
beforeAll(async () => {
  server = await startTestConsole('demo');
  device = await enrollDevice(server.anybody, server.bootstrap.enrollmentToken, 'ada@tideline.example');
  const { body } = await device.api.get('/spaces');
  space = (body['spaces'] as Space[]).find((each) => each.kind === 'personal') as Space;
  blobs = server.app.get(BlobStore);
});
afterAll(() => server.stop());

/** The same chunk again and again: as large as you like and stored once. */
async function plantRepeated(name: string, chunk: Uint8Array, times: number): Promise<NodeId> {
  const file = ops.file(space.rootId, name, { chunks: Array.from({ length: times }, () => chunkOf(chunk)) });
  const header = { atomic: false, ops: [file], inline: [chunkOf(chunk)] };
  const body = Buffer.concat(encodeFrame(header, [chunk]));
  const headers = { ...device.api.headers, 'content-type': FRAME_CONTENT_TYPE };
  const answer = await fetch(`${server.url}/api/spaces/${space.id}/batch`, { method: 'POST', headers, body });
  expect(await answer.json()).toMatchObject({ outcomes: [{ status: 'done' }] });
  return file.nodeId;
}

/** The server's end of the next request. */
async function nextExchange(): Promise<{ incoming: IncomingMessage; outgoing: ServerResponse }> {
  const [incoming, outgoing] = (await once(server.app.getHttpServer(), 'request')) as [IncomingMessage, ServerResponse];
  return { incoming, outgoing };
}

async function letTurnsPass(): Promise<void> {
  for (let turns = 0; turns < TURNS; turns++) await turn();
}

describe('a download whose reader is slow', () => {
  it('is read from the store no further ahead than a few pieces, whatever its size', async () => {
    const nodeId = await plantRepeated('slow down', noise(4 * MiB, 1), 16);
    const held: number[] = [];
    const seen: { outgoing?: ServerResponse } = {};
    watchReads((bytesRead) => {
      const { bytesWritten = 0, writableLength = 0 } = seen.outgoing?.socket ?? {};
      if (seen.outgoing) held.push(bytesRead - (bytesWritten - writableLength));
    });
    const exchange = nextExchange();
    const url = `${server.url}/api/nodes/${nodeId}/content`;
    const asked = request(url, { headers: device.api.headers, agent: false }).end();
    seen.outgoing = (await exchange).outgoing;
    const [answer] = (await once(asked, 'response')) as [IncomingMessage];
    let bytes = 0;
    for await (const piece of answer) {
      bytes += (piece as Buffer).length;
      if (bytes < 8 * MiB) await letTurnsPass();
    }
    expect(bytes).toBe(64 * MiB);
    expect(held.length).toBeGreaterThan(50);
    expect(Math.max(...held)).toBeLessThanOrEqual(MAX_HELD_DOWN_BYTES);
  });

  it('leaves nothing open in the store when the reader goes away in the middle', async () => {
    const nodeId = await plantRepeated('left', noise(4 * MiB, 2), 32);
    const ended = watchReads(() => undefined);
    const asked = request(`${server.url}/api/nodes/${nodeId}/content`, {
      headers: device.api.headers,
      agent: false,
    }).end();
    const [answer] = (await once(asked, 'response')) as [IncomingMessage];
    await once(answer, 'readable');
    const exchangeEnded = ended.next();
    answer.destroy();
    expect(await exchangeEnded).toBeLessThan(128 * MiB);
  });
});

describe('an upload to a slow store', () => {
  it('is taken from the sender no faster than it is written', async () => {
    const parts = [1, 2, 3, 4].map((seed) => noise(4 * MiB, 100 + seed));
    const headers = { ...device.api.headers, 'content-type': FRAME_CONTENT_TYPE };
    const body = Buffer.concat(encodeFrame({ chunks: parts.map(chunkOf) }, parts));
    const held = await watchHeld(`/spaces/${space.id}/chunks/pack`, { headers, body });
    expect(held.length).toBeGreaterThan(50);
    expect(Math.max(...held)).toBeLessThanOrEqual(MAX_HELD_UP_BYTES);
  });

  it('is taken from a browser no faster than it is written either', async () => {
    const { body: mine } = await server.admin.get('/spaces');
    const { rootId } = (mine['spaces'] as Space[]).find((each) => each.kind === 'personal') as Space;
    const bytes = noise(16 * MiB, 200);
    const wanted = { parentId: rootId, name: 'slow up', size: bytes.length };
    const { body: upload } = await server.admin.call('POST', '/files/uploads', wanted);
    const headers = { ...server.admin.headers, 'content-type': 'application/octet-stream' };
    const path = `/files/uploads/${String(upload['id'])}/bytes?offset=0`;
    const held = await watchHeld(path, { headers, body: Buffer.from(bytes) });
    expect(held.length).toBeGreaterThan(50);
    expect(Math.max(...held)).toBeLessThanOrEqual(MAX_HELD_UP_BYTES);
  });
});

type Sent = { readonly headers: Record<string, string>; readonly body: Buffer<ArrayBuffer> };

/** What the process held, beside what a slow store had taken, before each piece of an upload. */
async function watchHeld(path: string, { headers, body }: Sent): Promise<number[]> {
  const held: number[] = [];
  let countReceived = () => 0;
  slowDownPuts((bytesTaken) => held.push(countReceived() - bytesTaken));
  const exchange = nextExchange();
  const answered = fetch(`${server.url}/api${path}`, { method: 'PUT', headers, body });
  const { socket } = (await exchange).incoming;
  const bytesBefore = socket.bytesRead; // of earlier requests on the same connection
  countReceived = () => socket.bytesRead - bytesBefore;
  expect((await answered).status).toBe(200);
  return held;
}

/** Tells, before each piece, how many bytes were read in all. `next`: how many there were when a reader was done. */
function watchReads(tell: (bytesRead: number) => void): { next: () => Promise<number> } {
  const read = blobs.read.bind(blobs);
  let bytes = 0;
  let onEnd: ((bytes: number) => void) | undefined;
  blobs.read = async function* watched(...of) {
    try {
      for await (const piece of read(...of)) {
        bytes += piece.length;
        tell(bytes);
        yield piece;
      }
    } finally {
      onEnd?.(bytes);
    }
  };
  onTestFinished(() => void (blobs.read = read));
  return { next: () => new Promise((resolve) => (onEnd = resolve)) };
}

/** The store takes each piece only after a while, and tells before it how many bytes it took. */
function slowDownPuts(tell: (bytesTaken: number) => void): void {
  const put = blobs.put.bind(blobs);
  blobs.put = (key, source) => put(key, slowly(source, tell));
  onTestFinished(() => void (blobs.put = put));
}

async function* slowly(source: ByteSource, tell: (bytesTaken: number) => void): AsyncIterable<Uint8Array> {
  let bytes = 0;
  for await (const piece of source) {
    await letTurnsPass();
    bytes += piece.length;
    tell(bytes);
    yield piece;
  }
}
