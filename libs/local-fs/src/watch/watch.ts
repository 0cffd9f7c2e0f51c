import type { Watch } from '@tideline/sync-core';
import { beginWatch } from './watch-client.ts';
import type { WatchKind } from './watch-protocol.ts';

export type WatchOptions = {
  readonly root: string;
  /** Files and folders of the last scan: decides how to watch, each time it starts. */
  readonly entries: () => number;
  readonly kind?: WatchKind;
};

/** Watches in a worker whose loop does nothing else: a kernel queue that nobody empties loses events without a word. */
export function createWatch(options: WatchOptions): Watch {
  const { root, kind = 'auto', entries } = options;
  let end: (() => void) | undefined;
  return {
    // Resolves when everything is watched, or when watching failed and timed scans have to do.
    start: (onDirty, onTrouble) =>
      new Promise((resolve) => {
        const fail = (code: string): void => {
          onTrouble(code);
          onDirty('all');
          resolve();
        };
        end = beginWatch(
          { root, kind, entries: entries() },
          {
            onReply: (reply) => {
              if (reply.t === 'ready') resolve();
              else if (reply.t === 'dirty') onDirty(reply.dirty);
              else if (reply.t === 'trouble') onTrouble(reply.code);
              else fail(reply.message);
            },
            onFail: (error) => fail(error.message),
          },
        );
      }),
    stop: () => {
      end?.();
      end = undefined;
      return Promise.resolve();
    },
  };
}
