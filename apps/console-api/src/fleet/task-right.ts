import type { SyncMode, SyncRight } from '@tideline/contracts';

export type TaskRightRefusal =
  | { readonly code: 'RIGHT_MISSING'; readonly right: 'Synchronizer' | 'Backer' }
  | { readonly code: 'RIGHT_UPLOAD_ONLY' };

/** PE-1: Synchronizer allows both modes, Backer upload only, neither none. */
export function findTaskRightRefusal(syncRight: SyncRight, mode: SyncMode): TaskRightRefusal | undefined {
  switch (syncRight) {
    case 'synchronizer':
      return undefined;
    case 'backer':
      return mode === 'upload' ? undefined : { code: 'RIGHT_UPLOAD_ONLY' };
    case 'none':
      return { code: 'RIGHT_MISSING', right: mode === 'upload' ? 'Backer' : 'Synchronizer' };
    default:
      return syncRight satisfies never;
  }
}
