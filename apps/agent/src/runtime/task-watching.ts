import type { DirtyPaths } from '@tideline/sync-core';
import type { TaskEngine } from './task-engine.ts';

export type WatchingEvents = {
  readonly onDirty: (dirty: DirtyPaths) => void;
  /** The first time that hints are known to be lost. */
  readonly onDegraded: (code: string) => void;
  readonly log: (event: string, details: Readonly<Record<string, unknown>>) => void;
};

/** Starts and stops the watcher of one task, one step after the other. Never rejects: without it timed scans have to do. */
export class TaskWatching {
  private readonly engine: Pick<TaskEngine, 'watch' | 'unwatch'>;
  private readonly events: WatchingEvents;
  private steps: Promise<void> = Promise.resolve();
  private lost: string | null = null;

  constructor(engine: Pick<TaskEngine, 'watch' | 'unwatch'>, events: WatchingEvents) {
    this.engine = engine;
    this.events = events;
  }

  /** Why hints are lost, or null. */
  get trouble(): string | null {
    return this.lost;
  }

  /** Begins anew: a root that was away and came back is another folder to a watcher. */
  restart(): Promise<void> {
    return this.step(async () => {
      await this.engine.unwatch();
      this.lost = null;
      await this.engine.watch(this.events.onDirty, (code) => this.degraded(code));
      this.events.log('watching', {});
    });
  }

  stop(): Promise<void> {
    return this.step(() => this.engine.unwatch());
  }

  private step(work: () => Promise<void>): Promise<void> {
    this.steps = this.steps.then(work).catch((error: unknown) => {
      this.events.log('watch_failed', { error });
      this.degraded('WATCH_FAILED');
    });
    return this.steps;
  }

  private degraded(code: string): void {
    const isNews = this.lost === null;
    this.lost = code;
    if (!isNews) return;
    this.events.log('watch_degraded', { code });
    this.events.onDegraded(code);
  }
}
