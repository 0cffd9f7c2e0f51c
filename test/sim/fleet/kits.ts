import type { createDiskContext as CreateContext } from '../../../libs/local-fs/src/disk/disk-context.ts';
import type { createDiskWork as CreateWork } from '../../../libs/local-fs/src/disk/disk-work.ts';
import type { attempt as Attempt } from '../../../libs/local-fs/src/disk/attempt.ts';
import type { createGroupFlush as CreateGroupFlush } from '../../../libs/local-fs/src/disk/flush.ts';
import type { placeMany as PlaceMany } from '../../../libs/local-fs/src/disk/place-many.ts';
import type { isStagingEmpty as IsStagingEmpty } from '../../../libs/local-fs/src/disk/staging.ts';
import type { readNow as ReadNow } from '../../../libs/local-fs/src/disk/read.ts';
import type { stage as Stage } from '../../../libs/local-fs/src/disk/stage.ts';
import type { hashFile as HashFile } from '../../../libs/local-fs/src/hash/hash-file.ts';
import type { rootIdentity as RootIdentity } from '../../../libs/local-fs/src/scan/root-identity.ts';
import type { runScan as RunScan } from '../../../libs/local-fs/src/scan/run-scan.ts';
import type { Os } from './vfs/inode.ts';

/** The real disk and scan code, as it behaves on one kind of operating system. */
export type Kit = {
  readonly attempt: typeof Attempt;
  readonly createDiskContext: typeof CreateContext;
  readonly createDiskWork: typeof CreateWork;
  readonly createGroupFlush: typeof CreateGroupFlush;
  readonly placeMany: typeof PlaceMany;
  readonly isStagingEmpty: typeof IsStagingEmpty;
  readonly readNow: typeof ReadNow;
  readonly stage: typeof Stage;
  readonly hashFile: typeof HashFile;
  readonly rootIdentity: typeof RootIdentity;
  readonly runScan: typeof RunScan;
};

const PARTS = [
  ...['disk/attempt.ts', 'disk/disk-context.ts', 'disk/disk-work.ts', 'disk/read.ts', 'disk/stage.ts'],
  ...['disk/flush.ts', 'disk/place-many.ts', 'disk/staging.ts'],
  ...['hash/hash-file.ts', 'scan/root-identity.ts', 'scan/run-scan.ts'],
];

async function load(os: Os): Promise<Kit> {
  const from = new URL('../../../libs/local-fs/src/', import.meta.url);
  const parts = await Promise.all(
    PARTS.map((part) => import(`${new URL(part, from).href}?os=${os}`) as Promise<object>),
  );
  return Object.assign({}, ...parts) as Kit;
}

export const KITS: Readonly<Record<Os, Kit>> = {
  linux: await load('linux'),
  darwin: await load('darwin'),
  win32: await load('win32'),
};
