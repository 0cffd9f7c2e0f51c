import type { RelativePath, RootState } from './disk.ts';
import type { ScanResult } from './journal.ts';

/** Hints of what changed on disk; never truth. `all` asks for a full scan. */
export type DirtyPaths = 'all' | ReadonlySet<RelativePath>;

export type Scanner = {
  /** Whether the root is there, readable, and which folder on which volume it is (GU-3). */
  root(): Promise<RootState>;
  /**
   * Reads the disk and compares it with base folder by folder. Paths that are not folders known to base are widened to the
   * nearest known folder. Files that changed are hashed; one that changes while it is read is left out and told as `busy`.
   */
  scan(dirty: DirtyPaths, signal: AbortSignal): Promise<ScanResult>;
};

export type Watch = {
  /** `dirty` holds folders in which something happened; `all` after lost events or an error. */
  start(onDirty: (dirty: DirtyPaths) => void, onTrouble: (code: string) => void): Promise<void>;
  stop(): Promise<void>;
};
