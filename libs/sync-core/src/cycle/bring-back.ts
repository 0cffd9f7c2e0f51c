import type { RelativePath } from '../ports/disk.ts';
import type { CycleDeps, CycleRequest } from './cycle-types.ts';

/**
 * What a crash or a failed exchange left hidden in staging comes back before anything is looked at (K07). Upload mode never
 * writes below its root (SA-3), so it has nothing there, and what others left is not touched.
 */
export async function bringBack(
  { disk, journal }: CycleDeps,
  { settings }: CycleRequest,
): Promise<readonly RelativePath[]> {
  if (settings.mode === 'upload') return [];
  return disk.recover(new Set(journal.unfinished().flatMap((op) => ('opId' in op ? [op.opId] : []))));
}
