/** What an adapter tells: folders relative to the root (`''` is the root), lost events, and troubles that need a person. */
export type WatchEvents = {
  readonly changed: (folder: string) => void;
  readonly lost: () => void;
  readonly trouble: (code: string) => void;
  /** An entry was made or came: told by the adapter that keeps every entry in memory. */
  readonly added?: () => void;
};

/** Starts watching; resolves when every folder that was there is watched, with how to stop. */
export type WatchAdapter = (root: string, events: WatchEvents) => Promise<() => Promise<void> | void>;

/** The system's word for "no more watches" (ENOSPC) or "no more watchers" (EMFILE), as the problem list knows it. */
export const WATCH_LIMIT = 'WATCH_LIMIT';

export const isWatchLimit = (code: string): boolean => code === 'ENOSPC' || code === 'EMFILE';
