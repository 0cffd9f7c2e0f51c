import { SYNC_RIGHT_MODES, type SyncMode, type SyncRight } from '@tideline/contracts';

export type TaskRightRefusal =
  | { readonly code: 'RIGHT_MISSING'; readonly right: 'Synchronizer' | 'Backer' }
  | { readonly code: 'RIGHT_UPLOAD_ONLY' };

/** PE-1: Synchronizer allows both modes, Backer upload only, neither none. */
export function findTaskRightRefusal(syncRight: SyncRight, mode: SyncMode): TaskRightRefusal | undefined {
  if (SYNC_RIGHT_MODES[syncRight].includes(mode)) return undefined;
  if (syncRight === 'backer') return { code: 'RIGHT_UPLOAD_ONLY' };
  return { code: 'RIGHT_MISSING', right: mode === 'upload' ? 'Backer' : 'Synchronizer' };
}
