import { mkdtemp, readdir, readFile, rm } from 'node:fs/promises';
import type { AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { createApp } from '../app/create-app.ts';
import { BlobStore } from '../blobs/blob-store.ts';
import { startTestS3, type TestS3 } from '../blobs/testing/s3-server.ts';
import { readServerConfig } from '../config/server-config.ts';
import { JobRunner } from '../jobs/job-runner.ts';
import { SystemClock } from '../platform/clock.ts';
import { SilentLog } from '../testing/silent-log.ts';
import { createTestDatabase, type TestDatabase } from '../testing/test-database.ts';

let s3: TestS3;
let database: TestDatabase;
let folder: string;
beforeAll(async () => {
  s3 = await startTestS3();
  database = await createTestDatabase();
  folder = await mkdtemp(path.join(tmpdir(), 'tideline-s3-console-'));
});
afterAll(async () => {
  await s3.stop();
  await database.drop();
  await rm(folder, { recursive: true, force: true });
});

it('a console that is told to keeps its bytes in S3, collects garbage there, and leaves nothing on its disk', async () => {
  const { endpoint, bucket, credentials } = s3.settings;
  const { accessKeyId = '', secretAccessKey = '' } = credentials?.reveal() ?? {};
  const config = readServerConfig({
    TIDELINE_DATA: folder,
    TIDELINE_PORT: '0',
    BLOBS: `s3://${bucket}/acme`,
    S3_ENDPOINT: endpoint,
    S3_ACCESS_KEY_ID: accessKeyId,
    S3_SECRET_ACCESS_KEY: secretAccessKey,
  });
  const parts = { config, dataSource: database.dataSource, clock: new SystemClock(), log: new SilentLog() };
  const app = await createApp({ ...parts, webFolder: path.join(folder, 'web') });
  await app.listen(0, '127.0.0.1');
  expect((app.getHttpServer().address() as AddressInfo).port).toBeGreaterThan(0);
  const blobs = app.get(BlobStore);
  // An object that no row knows, put long ago: its key tells.
  const orphan = '0190a5d0-0000-4000-8000-000000000001/0190a5d0-0000-7000-8000-000000000002';
  await blobs.put(orphan, [Buffer.alloc(1000, 1)]);
  const jobs = app.get(JobRunner);
  await database.dataSource.query('DELETE FROM collector_pass'); // it may have looked at its start, and rests then
  expect(await jobs.runNow('blob-trash')).toEqual({ adoptedOrphans: 1, deletedObjects: 0 });
  await database.dataSource.query(`UPDATE pack SET retired_at = retired_at - interval '14 days'`);
  expect(await jobs.runNow('blob-trash')).toEqual({ deletedObjects: 1 });
  expect(await blobs.exists(orphan)).toBe(false);
  for (const name of ['blob-garbage', 'blob-compaction', 'blob-scrub']) await jobs.runNow(name);
  await app.close();
  expect(await readdir(path.join(folder, 'spool'))).toEqual([]);
  expect((await readdir(folder)).filter((name) => name === 'blobs')).toEqual([]);
  for (const name of await readdir(folder, { recursive: true, withFileTypes: true })) {
    if (!name.isFile()) continue;
    expect(await readFile(path.join(name.parentPath, name.name), 'utf8')).not.toContain(secretAccessKey);
  }
});
