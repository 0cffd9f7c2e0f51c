import { statfs } from 'node:fs/promises';
import type { DriveNode } from '@tideline/contracts';
import { compileRules, DEFAULT_EXCLUDES, type Cloud } from '@tideline/sync-core';
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
  const { isExcluded: isOut, isTooLarge } = compileRules([task.settings, target.policy]);
  const isExcluded = (path: string, kind: 'file' | 'folder', size: number) =>
    isOut(path, kind === 'folder') || isTooLarge(size);
  const nodes = await listCloud(openCloud, target, signal);
  const counter = new PreviewCounter(task.mode, toCloudFolders(nodes, target.cloud.node.id, isExcluded));
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

async function listCloud(openCloud: OpenCloud, target: TaskTarget, signal: AbortSignal): Promise<Iterable<DriveNode>> {
  const { missing, node } = target.cloud;
  // A folder that is still to be made holds nothing.
  return missing.length > 0 ? [] : (await openCloud(target).listing(node.id, signal)).nodes;
}

async function freeBytes(path: string): Promise<number> {
  const { bavail, bsize } = await statfs(path);
  return bavail * bsize;
}
