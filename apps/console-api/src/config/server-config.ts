import path from 'node:path';
import { AppError } from '@tideline/contracts';
import { z } from 'zod';
import { BLOB_VARIABLES, checkKeyPair, toBlobPlace, type BlobPlace } from './blob-place.ts';

/** An empty variable is one that is not set. */
const text = (fallback: string) =>
  z
    .string()
    .transform((value) => value.trim() || fallback)
    .default(fallback);

const Variables = z.object({
  TIDELINE_DATA: text('.tideline').transform((folder) => path.resolve(folder)),
  TIDELINE_PORT: text('4680').pipe(
    z
      .string()
      .regex(/^\d{1,5}$/, 'expected a port, 0 to 65535')
      .transform(Number)
      .refine((port) => port <= 65_535, 'expected a port, 0 to 65535'),
  ),
  TIDELINE_HOST: text('127.0.0.1').pipe(z.union([z.ipv4(), z.ipv6(), z.string().regex(/^[a-z0-9.-]+$/i)])),
  DATABASE_URL: text('').pipe(z.string().regex(/^(postgres(ql)?:\/\/.+)?$/, 'expected postgres://…')),
  ...BLOB_VARIABLES,
  TIDELINE_FIRST_START: text('plain').pipe(z.enum(['demo', 'plain'])),
});

const Environment = Variables.superRefine(checkKeyPair);

export type ServerConfig = {
  readonly dataFolder: string;
  readonly port: number;
  readonly host: string;
  /** Absent: the PostgreSQL that lives in the data directory. */
  readonly databaseUrl: string | undefined;
  readonly blobs: BlobPlace;
  readonly firstStart: 'demo' | 'plain';
};
/** For injection, since the type is gone at run time. */
export const SERVER_CONFIG = Symbol('ServerConfig');

/** The configuration, whole and frozen, or CONFIG_INVALID that names every wrong key. */
export function readServerConfig(environment: NodeJS.ProcessEnv): ServerConfig {
  const parsed = Environment.safeParse(environment);
  if (!parsed.success) {
    const reason = parsed.error.issues.map((issue) => `${issue.path.join('.')}: ${issue.message}`).join('; ');
    throw new AppError('CONFIG_INVALID', { reason });
  }
  const values = parsed.data;
  return Object.freeze({
    dataFolder: values.TIDELINE_DATA,
    port: values.TIDELINE_PORT,
    host: values.TIDELINE_HOST,
    databaseUrl: values.DATABASE_URL || undefined,
    blobs: toBlobPlace(values, values.TIDELINE_DATA),
    firstStart: values.TIDELINE_FIRST_START,
  });
}
