import path from 'node:path';
import { z } from 'zod';
import { S3Credentials, type S3Settings } from '../blobs/s3-settings.ts';

/** Where the bytes of files lie. */
export type BlobPlace =
  | { readonly kind: 'directory'; readonly folder: string }
  | { readonly kind: 's3'; readonly settings: S3Settings; readonly spoolFolder: string };

const S3_URL = /^s3:\/\/([a-z0-9][a-z0-9.-]{1,61}[a-z0-9])((?:\/[A-Za-z0-9_.-]+)*)\/?$/;
/** An empty variable is one that is not set. */
const optional = z
  .string()
  .trim()
  .optional()
  .transform((value) => value || undefined);

/** The variables about bytes; `toBlobPlace` makes one value of them. */
export const BLOB_VARIABLES = {
  BLOBS: optional.refine(
    (value) => value === undefined || value === 'dir' || S3_URL.test(value),
    'expected dir, or s3://bucket/prefix',
  ),
  S3_ENDPOINT: optional.refine(isEndpoint, 'expected http(s)://host:port, without path, user or password'),
  S3_REGION: optional.refine(
    (value) => value === undefined || /^[a-z0-9-]+$/.test(value),
    'expected a name like eu-west-1',
  ),
  S3_PATH_STYLE: optional.pipe(z.enum(['true', 'false'], 'expected true or false').optional()),
  S3_ACCESS_KEY_ID: optional,
  S3_SECRET_ACCESS_KEY: optional,
};

type BlobVariables = z.output<z.ZodObject<typeof BLOB_VARIABLES>>;

/** One key without the other would fail at the first byte that is saved, instead of at the start. */
export function checkKeyPair(values: BlobVariables, context: z.core.$RefinementCtx): void {
  const names = ['S3_ACCESS_KEY_ID', 'S3_SECRET_ACCESS_KEY'] as const;
  const lacking = names.filter((name) => values[name] === undefined);
  if (lacking.length !== 1) return;
  const given = names.find((name) => values[name] !== undefined);
  context.addIssue({ code: 'custom', path: lacking, message: `is needed beside ${given ?? ''}` });
}

export function toBlobPlace(values: BlobVariables, dataFolder: string): BlobPlace {
  const [, bucket, folders = ''] = S3_URL.exec(values.BLOBS ?? '') ?? [];
  if (bucket === undefined) return { kind: 'directory', folder: path.join(dataFolder, 'blobs') };
  const [id, secret] = [values.S3_ACCESS_KEY_ID, values.S3_SECRET_ACCESS_KEY];
  const settings: S3Settings = {
    bucket,
    prefix: folders.slice(1),
    endpoint: values.S3_ENDPOINT,
    region: values.S3_REGION ?? 'us-east-1',
    pathStyle: values.S3_PATH_STYLE === undefined ? values.S3_ENDPOINT !== undefined : values.S3_PATH_STYLE === 'true',
    credentials: id !== undefined && secret !== undefined ? new S3Credentials(id, secret) : undefined,
  };
  return { kind: 's3', settings, spoolFolder: path.join(dataFolder, 'spool') };
}

function isEndpoint(value: string | undefined): boolean {
  if (value === undefined) return true;
  const url = URL.parse(value);
  if (!url || !['http:', 'https:'].includes(url.protocol)) return false;
  return url.username === '' && url.password === '' && url.pathname === '/' && url.search === '';
}
