import type { ErrorCode, RestoreId, SpaceCopy, SpaceRestore } from '@tideline/contracts';

export type JobState = SpaceCopy['state'] | SpaceRestore['state'] | 'waiting';
type Facts = {
  /** The copy or the folder; `null` where it is gone or not to be seen. */
  readonly name: string | null;
  readonly by: string;
  readonly state: JobState;
  readonly reason: ErrorCode | null;
  /** Done, and of how many where that is known. */
  readonly progress: { readonly done: number; readonly of: number | null };
  /** Nodes that were left out or steps that were refused. */
  readonly leftOut: number;
  readonly createdAt: string;
  readonly canCancel: boolean;
};
/** A copy or a restore as a row of one table. */
export type ShownJob = Facts &
  (
    | { readonly kind: 'copy'; readonly id: string }
    | { readonly kind: 'restore'; readonly id: RestoreId; readonly at: string }
  );

export function toShownCopy(copy: SpaceCopy): ShownJob {
  const { copyId, node, by, state, refusal, copiedNodes, leftOut, createdAt, waitsUntil } = copy;
  return {
    kind: 'copy',
    id: copyId,
    name: node?.name ?? null,
    by: by.name,
    state: waitsUntil === null ? state : 'waiting',
    reason: refusal,
    progress: { done: copiedNodes, of: null },
    leftOut,
    createdAt,
    canCancel: state === 'running',
  };
}

const MAY_END: ReadonlySet<SpaceRestore['state']> = new Set(['planning', 'planned', 'applying']);

export function toShownRestore(restore: SpaceRestore): ShownJob {
  const { id, folderName, by, state, failure, steps, done, refused, createdAt, at } = restore;
  return {
    kind: 'restore',
    id,
    at,
    name: folderName,
    by: by.name,
    state,
    reason: failure,
    progress: { done: done + refused, of: steps },
    leftOut: refused,
    createdAt,
    canCancel: MAY_END.has(state),
  };
}
