import { readdirSync } from 'node:fs';
import type { WatchKind } from './watch-protocol.ts';

/** Above this, chokidar costs more than it helps: 0.9 ms of CPU and 20 KB for every file that comes (docs/adr/0011-watchers.md). */
export const MAX_CHOKIDAR_ENTRIES = 1000;

export function kindFor(entries: number, platform: NodeJS.Platform = process.platform): WatchKind {
  if (entries <= MAX_CHOKIDAR_ENTRIES) return 'chokidar';
  return platform === 'linux' ? 'folders' : 'recursive';
}

/** Counts files and folders below a folder, but no further than `limit`. */
export function countEntries(root: string, limit: number): number {
  const open = [root];
  let count = 0;
  for (let folder = open.pop(); folder !== undefined && count < limit; folder = open.pop()) {
    const entries = listEntries(folder);
    count += entries.length;
    for (const entry of entries) if (entry.isDirectory()) open.push(`${folder}/${entry.name}`);
  }
  return Math.min(count, limit);
}

function listEntries(folder: string) {
  try {
    return readdirSync(folder, { withFileTypes: true });
  } catch {
    // What cannot be read cannot be watched either.
    return [];
  }
}
