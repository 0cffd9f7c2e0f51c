export type WatchKind = 'chokidar' | 'folders' | 'recursive';

export type WatchWorkerData = { readonly root: string; readonly kind: WatchKind };

export type WatchMessage =
  | { readonly t: 'ready' }
  | { readonly t: 'dirty'; readonly dirty: 'all' | ReadonlySet<string> }
  | { readonly t: 'trouble'; readonly code: string };
