import { randomUUID } from 'node:crypto';
import { mkdtemp, readdir, rm } from 'node:fs/promises';
import { createServer, type RequestListener, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { inspect } from 'node:util';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { S3BlobStore } from './s3-blob-store.ts';
import { S3Credentials } from './s3-settings.ts';
import { describeBlobStore } from './testing/blob-store-contract.ts';
import { startTestS3, type TestS3 } from './testing/s3-server.ts';

const MiB = 1024 * 1024;
let s3: TestS3;
let spool: string;
const stores: S3BlobStore[] = [];
const servers: Server[] = [];
beforeAll(async () => {
  s3 = await startTestS3();
  spool = await mkdtemp(path.join(tmpdir(), 'tideline-spool-'));
});
afterAll(async () => {
  for (const store of stores) await store.close();
  for (const server of servers) server.close();
  await s3.stop();
  await rm(spool, { recursive: true, force: true });
});

async function openStore(settings: Partial<TestS3['settings']> = {}): Promise<S3BlobStore> {
  const store = await S3BlobStore.open({ ...s3.settings, prefix: `blobs/${randomUUID()}`, ...settings }, spool);
  stores.push(store);
  return store;
}

describeBlobStore('S3BlobStore', () => openStore());

/** A server that answers as told, to see what is sent again. */
async function startFake(listener: RequestListener): Promise<string> {
  const server = createServer(listener);
  servers.push(server);
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  return `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
}

async function bytesOf(source: AsyncIterable<Uint8Array>): Promise<Buffer> {
  const pieces: Uint8Array[] = [];
  for await (const piece of source) pieces.push(piece);
  return Buffer.concat(pieces);
}

describe('S3BlobStore', () => {
  it('sends large objects in parts, several at a time, and reads across their borders', async () => {
    const store = await openStore();
    const pieces = Array.from({ length: 20 }, (_, index) => Buffer.alloc(MiB, index + 1));
    await Promise.all(['a', 'b', 'c'].map((name) => store.put(`large/${name}`, pieces)));
    for (const name of ['a', 'b', 'c']) {
      const bytes = await bytesOf(store.read(`large/${name}`, 8 * MiB - 10, 20));
      expect(bytes).toEqual(Buffer.concat([Buffer.alloc(10, 8), Buffer.alloc(10, 9)]));
    }
    expect((await bytesOf(store.read('large/a', 0, 20 * MiB))).equals(Buffer.concat(pieces))).toBe(true);
  });

  it('keeps nothing in its folder of what is sent, or was refused', async () => {
    const store = await openStore();
    await store.put('e/one', [Buffer.alloc(10)]);
    await store.put('e/one', [Buffer.alloc(10)]).catch(() => undefined);
    const folders = await readdir(spool);
    for (const folder of folders) expect(await readdir(path.join(spool, folder))).toEqual([]);
  });

  it('lists every page of a large bucket, below its prefix only', async () => {
    const asked: URLSearchParams[] = [];
    const endpoint = await startFake((request, response) => {
      const query = new URL(request.url ?? '', 'http://x').searchParams;
      asked.push(query);
      const isLast = query.get('continuation-token') === 'page 2';
      const content = `<Contents><Key>top/e/${isLast ? 'two' : 'one'}</Key><Size>7</Size></Contents>`;
      const more = isLast ? '' : '<NextContinuationToken>page 2</NextContinuationToken>';
      response.writeHead(200, { 'content-type': 'application/xml' });
      response.end(
        `<ListBucketResult><IsTruncated>${String(!isLast)}</IsTruncated>${content}${more}</ListBucketResult>`,
      );
    });
    const store = await openStore({ endpoint, prefix: 'top' });
    const found = [];
    for await (const blob of store.list('e/')) found.push(blob);
    expect(found).toEqual([
      { key: 'e/one', sizeBytes: 7 },
      { key: 'e/two', sizeBytes: 7 },
    ]);
    expect(asked.map((query) => query.get('prefix'))).toEqual(['top/e/', 'top/e/']);
  });

  it('tries again what a busy server refused, and gives up on what it forbids', async () => {
    const seen: string[] = [];
    const endpoint = await startFake((request, response) => {
      seen.push(request.method ?? '');
      request.resume().on('end', () => {
        if (request.method === 'HEAD') response.writeHead(404).end();
        else if (seen.filter((method) => method === 'PUT').length < 3) response.writeHead(503).end();
        else response.writeHead(200, { etag: '"x"' }).end();
      });
    });
    const store = await openStore({ endpoint });
    expect(await store.put('e/busy', [Buffer.alloc(5)])).toBe(5);
    expect(seen).toEqual(['HEAD', 'PUT', 'PUT', 'PUT']);
    const forbidding = await startFake((request, response) => {
      request.resume().on('end', () => response.writeHead(403).end());
    });
    const refused = await openStore({ endpoint: forbidding });
    await expect(refused.exists('e/x')).rejects.toThrow();
    await expect(refused.put('e/x', [Buffer.alloc(5)])).rejects.toThrow();
  });

  it('goes on with a download that broke off where it was', async () => {
    const whole = Buffer.from('0123456789');
    const ranges: (string | undefined)[] = [];
    const endpoint = await startFake((request, response) => {
      ranges.push(request.headers.range);
      const [, start, end] = /bytes=(\d+)-(\d+)/.exec(request.headers.range ?? '') ?? [];
      const bytes = whole.subarray(Number(start), Number(end) + 1);
      response.writeHead(206, { 'content-length': bytes.length });
      if (ranges.length > 1) response.end(bytes);
      else response.write(bytes.subarray(0, 4), () => setImmediate(() => response.destroy()));
    });
    const store = await openStore({ endpoint });
    expect((await bytesOf(store.read('e/x', 1, 8))).toString()).toBe('12345678');
    expect(ranges).toEqual(['bytes=1-8', 'bytes=5-8']);
  });

  it('never shows its secret: not printed, not as JSON, not in an error', async () => {
    const credentials = new S3Credentials('id', 'the-secret');
    const shown = [inspect({ credentials }, { depth: 9, showHidden: true }), JSON.stringify({ credentials })];
    const store = await openStore({ endpoint: 'http://127.0.0.1:1', credentials });
    const error = await store.exists('e/x').catch((cause: unknown) => cause);
    shown.push(inspect(error, { depth: 9, showHidden: true }), inspect(store, { depth: 9 }));
    for (const text of shown) expect(text).not.toContain('the-secret');
  });
});
