import { mkdtemp, rm } from 'node:fs/promises';
import { createRequire } from 'node:module';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { S3Credentials, type S3Settings } from '../s3-settings.ts';

/** The part of s3rver, which has no types, that tests use. */
type S3rver = { run(): Promise<{ port: number }>; close(): Promise<void> };
type S3rverClass = new (options: {
  readonly port: number;
  readonly address: string;
  readonly silent: boolean;
  readonly directory: string;
  readonly configureBuckets: readonly { readonly name: string }[];
}) => S3rver;

export type TestS3 = { readonly settings: S3Settings; readonly stop: () => Promise<void> };

/** `http://key:secret@host:port/bucket` of another server than the one that tests start: the same tests say whether it serves. */
const OTHER_S3 = process.env['TIDELINE_TEST_S3'] || undefined;

/** A server of its own that speaks S3, on loopback, with one empty bucket. */
export async function startTestS3(): Promise<TestS3> {
  if (OTHER_S3 !== undefined) return useOther(new URL(OTHER_S3));
  const Server = createRequire(import.meta.url)('s3rver') as S3rverClass;
  const directory = await mkdtemp(path.join(tmpdir(), 'tideline-s3rver-'));
  const bucket = 'tideline-test';
  const options = { port: 0, address: '127.0.0.1', silent: true, directory };
  const server = new Server({ ...options, configureBuckets: [{ name: bucket }] });
  const { port } = await server.run();
  const settings: S3Settings = {
    bucket,
    prefix: '',
    endpoint: `http://127.0.0.1:${port}`,
    region: 'us-east-1',
    pathStyle: true,
    credentials: new S3Credentials('S3RVER', 'S3RVER'),
  };
  const stop = async () => {
    await server.close();
    await rm(directory, { recursive: true, force: true });
  };
  return { settings, stop };
}

/** Its bucket is there and may hold what earlier runs left: every test works below a prefix of its own. */
function useOther(url: URL): TestS3 {
  const { username, password, origin, pathname } = url;
  const settings: S3Settings = {
    bucket: pathname.slice(1),
    prefix: '',
    endpoint: origin,
    region: 'us-east-1',
    pathStyle: true,
    credentials: new S3Credentials(decodeURIComponent(username), decodeURIComponent(password)),
  };
  return { settings, stop: () => Promise.resolve() };
}
