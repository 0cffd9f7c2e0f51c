import { randomBytes } from 'node:crypto';
import { chmod, readFile } from 'node:fs/promises';
import path from 'node:path';
import { AppError } from '@tideline/contracts';
import { z } from 'zod';
import { writeFileAtomically } from '../platform/atomic-file.ts';
import { createOutsideFolder, removeAbandonedClusters } from './outside-folder.ts';
import { findBlockingFolder, type Account } from './traversal.ts';

const ClusterRecord = z.object({ folder: z.string(), user: z.string(), password: z.string() });
/** Where the cluster of a data directory is, and how to get in. */
export type ClusterRecord = z.infer<typeof ClusterRecord>;

const RECORD_FILE = 'database.json';

/** The record kept in the data directory, written at the first start. */
export async function ensureClusterRecord(
  dataFolder: string,
  account: Account | undefined,
  sharedFolder: string,
): Promise<ClusterRecord> {
  return (await findClusterRecord(dataFolder)) ?? createRecord(dataFolder, account, sharedFolder);
}

async function findClusterRecord(dataFolder: string): Promise<ClusterRecord | undefined> {
  const file = path.join(dataFolder, RECORD_FILE);
  const text = await readFile(file, 'utf8').catch((error: NodeJS.ErrnoException) => {
    if (error.code === 'ENOENT') return undefined;
    throw error;
  });
  if (text === undefined) return undefined;
  try {
    return ClusterRecord.parse(JSON.parse(text));
  } catch (cause) {
    throw new AppError('DATA_DIRECTORY_BROKEN', { path: dataFolder, reason: `${RECORD_FILE} is damaged.` }, { cause });
  }
}

async function createRecord(
  dataFolder: string,
  account: Account | undefined,
  sharedFolder: string,
): Promise<ClusterRecord> {
  const record = {
    folder: await chooseFolder(dataFolder, account, sharedFolder),
    user: 'tideline',
    password: randomBytes(24).toString('base64url'),
  };
  await writeFileAtomically(path.join(dataFolder, RECORD_FILE), `${JSON.stringify(record, null, 2)}\n`, 0o600);
  return record;
}

/** Inside the data directory; beside it, in a folder all may pass, when PostgreSQL's account cannot get there. */
async function chooseFolder(dataFolder: string, account: Account | undefined, sharedFolder: string): Promise<string> {
  const inside = path.join(dataFolder, 'pg');
  if (!account) return inside;
  await chmod(dataFolder, 0o711); // its secrets are 0600 each; the account only passes through
  if (!(await findBlockingFolder(inside, account))) return inside;
  await removeAbandonedClusters(sharedFolder);
  return createOutsideFolder(sharedFolder, dataFolder);
}
