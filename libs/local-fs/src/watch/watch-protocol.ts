export type WatchKind = 'chokidar' | 'folders' | 'recursive';

export type StartWatch = {
  readonly t: 'start';
  readonly id: number;
  readonly root: string;
  readonly kind: WatchKind | 'auto';
  /** Files and folders as far as known; the worker counts for itself as far as it matters. */
  readonly entries: number;
};
export type WatchRequest = StartWatch | { readonly t: 'stop'; readonly id: number };

export type WatchReply =
  | { readonly id: number; readonly t: 'ready' }
  | { readonly id: number; readonly t: 'dirty'; readonly dirty: 'all' | ReadonlySet<string> }
  | { readonly id: number; readonly t: 'trouble'; readonly code: string }
  | { readonly id: number; readonly t: 'failed'; readonly message: string };
