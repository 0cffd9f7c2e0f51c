import { runCycle, type CycleDeps, type CycleSettings, type Watch } from '@tideline/sync-core';
import type { TaskEngine } from '../runtime/task-engine.ts';

export type CycleEngineParts = {
  readonly deps: CycleDeps;
  /** The watcher in use; a stopped one is not started again. */
  readonly newWatch: () => Watch;
  /** Brings what depends on the task's settings up to date; called before every run. */
  readonly prepare: () => Partial<CycleDeps>;
  readonly settings: () => CycleSettings;
  readonly close: () => Promise<void>;
};

/** One task's cycle with its adapters, as the supervisor drives it. */
export function createCycleEngine(parts: CycleEngineParts): TaskEngine {
  let watching: Watch | null = null;
  return {
    run: (request) => {
      const deps = { ...parts.deps, ...parts.prepare() };
      return runCycle(deps, { ...request, settings: parts.settings() });
    },
    watch: async (onDirty, onTrouble) => {
      if (watching) return;
      watching = parts.newWatch();
      await watching.start(onDirty, onTrouble);
    },
    unwatch: async () => {
      const stopping = watching;
      watching = null;
      await stopping?.stop();
    },
    close: parts.close,
  };
}
