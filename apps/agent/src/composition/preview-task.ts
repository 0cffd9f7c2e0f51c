import { statfs } from 'node:fs/promises';
import { compileFilter, DEFAULT_EXCLUDES, type Cloud } from '@tideline/sync-core';
import type { Preview } from '../local-api/messages.ts';
import { checkNewTask, type CreateTaskDeps, type NewTask, type TaskTarget } from '../tasks/create-task.ts';
import { PreviewCounter, toCloudFolders } from '../tasks/preview.ts';
import { walkLocal } from '../tasks/walk-local.ts';

type OpenCloud = (target: TaskTarget) => Cloud;

/** TA-5: both sides are listed, nothing is changed. */
export async function previewTask(
  openCloud: OpenCloud,
  of: { create: CreateTaskDeps; task: NewTask; signal: AbortSignal },
): Promise<Preview> {
  const { task, signal } = of;
  const target = await checkNewTask(of.create, task);
  const counter = new PreviewCounter(task.mode, await listCloud(openCloud, target, signal));
  const isOut = compileFilter(task.settings.exclude);
  const isExcluded = (path: string, kind: 'file' | 'folder') => isOut(path, kind === 'folder');
  for await (const folder of walkLocal(target.folder.realPath, { isExcluded, signal })) counter.addFolder(folder);
  const counts = counter.finish();
  const { space, missing } = target.cloud;
  return {
    ...{ local: target.folder.realPath, cloud: target.cloudPath, type: task.mode },
    ...counts,
    createCloudFolders: missing,
    room: {
      localNeededBytes: counts.download.bytes,
      localFreeBytes: await freeBytes(target.folder.realPath),
      cloudNeededBytes: counts.upload.bytes + counts.compare.bytes + counts.newVersions.bytes,
      cloudFreeBytes: space.quotaBytes === null ? null : Math.max(0, space.quotaBytes - space.usedBytes),
    },
    ...{ alwaysLeftOut: [...DEFAULT_EXCLUDES], warnings: [...target.folder.warnings] },
  };
}

async function listCloud(openCloud: OpenCloud, target: TaskTarget, signal: AbortSignal) {
  const { missing, node } = target.cloud;
  // A folder that is still to be made holds nothing.
  if (missing.length > 0) return toCloudFolders([], node.id);
  return toCloudFolders((await openCloud(target).listing(node.id, signal)).nodes, node.id);
}

async function freeBytes(path: string): Promise<number> {
  const { bavail, bsize } = await statfs(path);
  return bavail * bsize;
}
