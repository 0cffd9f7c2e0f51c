import { readdirSync } from 'node:fs';
import { join } from 'node:path';

/**
 * Counts the files that have arrived in a tree of which every folder gets `perFolder` files. Full folders are not read again:
 * looking at 100,000 names at every poll would be what is measured.
 */
export function arrivals(root: string, perFolder: number): () => number {
  const full = new Set<string>();
  const count = (folder: string): number => {
    if (full.has(folder)) return perFolder;
    const entries = list(folder);
    const below = entries
      .filter((entry) => entry.isDirectory() && !entry.name.startsWith('.tideline'))
      .reduce((sum, entry) => sum + count(join(folder, entry.name)), 0);
    const here = entries.filter((entry) => entry.isFile()).length;
    if (below === 0 && here === perFolder) full.add(folder);
    return here + below;
  };
  return () => count(root);
}

function list(folder: string) {
  try {
    return readdirSync(folder, { withFileTypes: true });
  } catch {
    return []; // not there yet, or no longer
  }
}
