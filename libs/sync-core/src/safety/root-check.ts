import type { RootState } from '../ports/disk.ts';

export type RootVerdict =
  | { readonly t: 'ok'; readonly identity: string }
  | { readonly t: 'stop'; readonly why: 'missing' | 'unreadable' | 'replaced'; readonly detail: string };

const REPLACED =
  'another folder stands in its place: bring the right one back, or if this is it, restored or moved back, say so (`tideline task adopt`)';

/**
 * GU-3: a root that is gone, cannot be read, or is another folder than before stops the task. Nothing is planned then: what is
 * not seen is unknown, not deleted. `recorded` is null before the first scan.
 */
export function checkRoot(state: RootState, recorded: string | null): RootVerdict {
  switch (state.t) {
    case 'missing':
      return { t: 'stop', why: 'missing', detail: 'the folder is not there' };
    case 'unreadable':
      return { t: 'stop', why: 'unreadable', detail: state.code };
    case 'ok':
      if (recorded === null || recorded === state.identity) return { t: 'ok', identity: state.identity };
      return { t: 'stop', why: 'replaced', detail: REPLACED };
  }
}
