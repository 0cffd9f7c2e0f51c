import { AppError, type ErrorParams } from '@tideline/contracts';
import { checkSyncFolder } from '@tideline/local-fs';
import type { CreateTaskDeps } from '../tasks/create-task.ts';
import type { KnownRoot } from '../tasks/known-homes.ts';

/** LI-5, LI-6: whether a folder may become a sync folder beside the tasks of this home and, as far as is known, of others. */
export function createFolderCheck(
  agentHome: string,
  rootsElsewhere: () => readonly KnownRoot[] = () => [],
): CreateTaskDeps['checkFolder'] {
  return (path, { mode, others }) => {
    const ownRoots = others.map((task) => ({ path: task.localPath, task: task.id }));
    const otherRoots = [...ownRoots, ...rootsElsewhere()];
    const checked = checkSyncFolder(path, { otherRoots, agentHome, mode });
    if (checked.t === 'refused') return Promise.reject(new AppError(checked.code, withAdvice(checked.params)));
    const warnings = checked.isWarned ? [fileSystemWarning(checked.fileSystem)] : [];
    return Promise.resolve({ realPath: checked.path, warnings });
  };
}

/** A reason may end in better advice than to choose another folder: it is said where the advice stands, once. */
export function withAdvice(params: ErrorParams): ErrorParams {
  const found = /^(.*); choose (.*)\.$/.exec(String(params['reason'] ?? ''));
  if (!found) return { ...params, choice: 'another folder' };
  return { ...params, reason: `${found[1] ?? ''}.`, choice: found[2] ?? '' };
}

function fileSystemWarning(fileSystem: string | null): string {
  return `On ${fileSystem ?? 'this file system'} files have no lasting identity: moves are recognized by content.`;
}
