export type WatchKind = 'chokidar' | 'folders' | 'recursive';

export type WatchWorkerData = {
  readonly root: string;
  readonly kind: WatchKind | 'auto';
  /** Files and folders as far as known; the worker counts for itself as far as it matters. */
  readonly entries: number;
};

export type WatchMessage =
  | { readonly t: 'ready' }
  | { readonly t: 'dirty'; readonly dirty: 'all' | ReadonlySet<string> }
  | { readonly t: 'trouble'; readonly code: string };
