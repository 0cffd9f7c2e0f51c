import { once } from 'node:events';
import { request, type IncomingMessage } from 'node:http';
import { encodeFrame, FRAME_CONTENT_TYPE, type Space } from '@tideline/contracts';
import { afterAll, beforeAll, describe, expect, it, onTestFinished } from 'vitest';
import { BlobStore } from '../blobs/blob-store.ts';
import { chunkOf, noise, ops } from '../drive/testing/drive-world.ts';
import { startTestConsole, type TestConsole } from '../testing/test-console.ts';
import { enrollDevice, type TestDevice } from '../testing/test-device.ts';

const MIB = 1024 * 1024;
let server: TestConsole;
let device: TestDevice;
let blobs: BlobStore;
let nodeId: string;

beforeAll(async () => {
  server = await startTestConsole('demo');
  device = await enrollDevice(server.anybody, server.bootstrap.enrollmentToken, 'ada@tideline.example');
  blobs = server.app.get(BlobStore);
  const { body } = await device.api.get('/spaces');
  const space = (body['spaces'] as Space[]).find((each) => each.kind === 'personal') as Space;
  const bytes = noise(4 * MIB, 1);
  const file = ops.file(space.rootId, 'broken', { chunks: [chunkOf(bytes)] });
  const frame = Buffer.concat(encodeFrame({ atomic: false, ops: [file], inline: [chunkOf(bytes)] }, [bytes]));
  const headers = { ...device.api.headers, 'content-type': FRAME_CONTENT_TYPE };
  const url = `${server.url}/api/spaces/${space.id}/batch`;
  const answer = await fetch(url, { method: 'POST', headers, body: frame });
  expect(await answer.json()).toMatchObject({ outcomes: [{ status: 'done' }] });
  nodeId = file.nodeId;
});
afterAll(() => server.stop());

type Named = readonly [string, Break];
type Break = (pieces: AsyncIterable<Uint8Array>) => AsyncIterable<Uint8Array>;
const BREAKS: readonly [Named, Named, Named] = [
  [
    'fails in the middle',
    async function* (pieces) {
      let count = 0;
      for await (const piece of pieces) {
        if (count++ === 2) throw new Error('the store broke');
        yield piece;
      }
    },
  ],
  [
    'gives too few bytes',
    async function* (pieces) {
      let count = 0;
      for await (const piece of pieces) if (count++ < 2) yield piece;
    },
  ],
  [
    'gives too many bytes',
    async function* (pieces) {
      yield* pieces;
      for (;;) yield Buffer.alloc(MIB);
    },
  ],
];

/** Every read of the store breaks like this while the test lasts; tells how many are open. */
function breakReads(how: Break): { open: number } {
  const read = blobs.read.bind(blobs);
  const readers = { open: 0 };
  blobs.read = async function* broken(...of) {
    readers.open += 1;
    try {
      yield* how(read(...of));
    } finally {
      readers.open -= 1;
    }
  };
  onTestFinished(() => void (blobs.read = read));
  return readers;
}

/** How an answer ended, and with how many bytes. */
async function fetchBroken(path: string): Promise<{ status: number; isWhole: boolean; bytes: number }> {
  const asked = request(`${server.url}/api${path}`, { headers: device.api.headers, agent: false }).end();
  const [answer] = (await once(asked, 'response')) as [IncomingMessage];
  let bytes = 0;
  answer.on('data', (piece: Buffer) => (bytes += piece.length));
  answer.on('error', () => undefined); // it is cut short
  await new Promise((resolve) => answer.once('close', resolve));
  return { status: answer.statusCode ?? 0, isWhole: answer.complete, bytes };
}

const archivePath = () => `/files/zip?nodes=${nodeId}`;
const downloadPath = () => `/nodes/${nodeId}/content`;
const [FAILS, TOO_FEW, TOO_MANY] = BREAKS;

/** Of too many bytes a download sends those that its header tells, which are right: only an archive is spoilt by them. */
describe.each([
  ['an archive', archivePath, FAILS],
  ['an archive', archivePath, TOO_FEW],
  ['an archive', archivePath, TOO_MANY],
  ['a download', downloadPath, FAILS],
  ['a download', downloadPath, TOO_FEW],
] as const)('%s', (_, pathOf, [title, how]) => {
  it(`is cut short when the store ${title}, told once in the log, and the console goes on`, async () => {
    const errorsBefore = server.log.errors.length;
    const readers = breakReads(how);
    const answer = await fetchBroken(pathOf());
    expect(answer).toMatchObject({ status: 200, isWhole: false });
    expect(answer.bytes).toBeLessThanOrEqual(4 * MIB + 200);
    expect(readers.open).toBe(0);
    expect(server.log.errors.length - errorsBefore).toBe(1);
    expect((await device.api.get('/spaces')).status).toBe(200);
  });
});
