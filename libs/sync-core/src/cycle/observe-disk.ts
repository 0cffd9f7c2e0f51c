import type { ScanResult } from '../ports/journal.ts';
import type { DirtyPaths } from '../ports/scanner.ts';
import { checkRoot } from '../safety/root-check.ts';
import type { CycleDeps, CycleRequest, CycleStop } from './cycle-types.ts';
import { folderOf } from './execution.ts';

/** GU-3: before anything is read or planned, the root must be the folder it was. */
export async function observeRoot(deps: CycleDeps): Promise<CycleStop | null> {
  const { journal, scanner } = deps;
  const verdict = checkRoot(await scanner.root(), journal.meta().rootIdentity);
  if (verdict.t === 'stop') return { why: 'blocked', reason: 'root', detail: verdict.detail };
  if (journal.meta().rootIdentity === null) journal.advance({ meta: { rootIdentity: verdict.identity } });
  return null;
}

/** Reads the disk where it may have changed and brings the local overlay, and the problems of reading, up to date. */
export async function observeDisk(deps: CycleDeps, request: CycleRequest): Promise<void> {
  const dirty = await whereToLook(deps, request);
  if (dirty === null) return;
  const result = await deps.scanner.scan(dirty, request.signal);
  deps.journal.foldScan(result);
  if (result.full) deps.journal.advance({ meta: { folders: result.folders, skipped: result.skipped } });
  noteUnreadable(deps, result, dirty);
}

/**
 * What the watcher hinted at, and folders into which a displaced file came back because somebody kept writing to it (R08).
 * Upload mode displaces nothing and never writes below its root.
 */
async function whereToLook({ disk, clock }: CycleDeps, request: CycleRequest): Promise<DirtyPaths | null> {
  if (request.settings.mode === 'upload') return request.dirty;
  const rescued = await disk.settleDisplaced(clock.nowMs());
  if (rescued.length === 0 || request.dirty === 'all') return request.dirty;
  return new Set([...(request.dirty ?? []), ...rescued.map(({ rescuedTo }) => folderOf(rescuedTo))]);
}

/** A folder that was read again tells anew what in it cannot be read. */
function noteUnreadable(deps: CycleDeps, result: ScanResult, dirty: DirtyPaths): void {
  const { journal, clock } = deps;
  const nowMs = clock.nowMs();
  const unreadable = new Set(result.unreadable.map((item) => item.path));
  for (const { path, code } of result.unreadable) {
    journal.setProblem(path, { code, params: {}, retryAtMs: nowMs }, nowMs);
  }
  for (const { path, code, retryAtMs } of journal.problems()) {
    const isOfScan = (code === 'UNREADABLE' || code === 'BUSY') && retryAtMs <= nowMs;
    const wasLookedAt = result.full || (dirty !== 'all' && dirty.has(folderOf(path)));
    if (isOfScan && wasLookedAt && !unreadable.has(path)) journal.setProblem(path, null, nowMs);
  }
}
