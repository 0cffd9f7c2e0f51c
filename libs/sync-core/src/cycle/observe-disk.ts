import { checkRoot } from '../safety/root-check.ts';
import type { ScanResult } from '../ports/journal.ts';
import type { CycleDeps, CycleRequest, CycleStop } from './cycle-types.ts';

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
  const dirty = request.dirty ?? new Set<string>();
  const result = await deps.scanner.scan(dirty, request.signal);
  deps.journal.foldScan(result);
  if (result.full) deps.journal.advance({ meta: { folders: result.folders, skipped: result.skipped } });
  noteUnreadable(deps, result);
}

function noteUnreadable(deps: CycleDeps, result: ScanResult): void {
  const { journal, clock } = deps;
  const nowMs = clock.nowMs();
  const unreadable = new Set(result.unreadable.map((item) => item.path));
  for (const { path, code } of result.unreadable)
    journal.setProblem(path, { code, params: {}, retryAtMs: nowMs }, nowMs);
  if (!result.full) return;
  for (const problem of journal.problems()) {
    const fromScan = problem.code === 'UNREADABLE' || problem.code === 'BUSY';
    if (fromScan && !unreadable.has(problem.path) && problem.retryAtMs <= nowMs)
      journal.setProblem(problem.path, null, nowMs);
  }
}
