import type { ProblemCode } from '@tideline/contracts';
import type { ScanResult, StoredProblem } from '../ports/journal.ts';
import type { RelativePath } from '../ports/disk.ts';
import type { DirtyPaths } from '../ports/scanner.ts';
import { checkRoot } from '../safety/root-check.ts';
import type { CycleDeps, CycleRequest, CycleStop } from './cycle-types.ts';
import { folderOf } from './folder-of.ts';
import { recentlyGone } from './recently-gone.ts';

/** GU-3: before anything is read or planned, the root must be the folder it was. */
export async function observeRoot(deps: CycleDeps): Promise<CycleStop | null> {
  const { journal, scanner } = deps;
  const verdict = checkRoot(await scanner.root(), journal.meta().rootIdentity);
  if (verdict.t === 'stop') return { why: 'blocked', reason: 'root', detail: verdict.detail };
  if (journal.meta().rootIdentity === null) journal.advance({ meta: { rootIdentity: verdict.identity } });
  return null;
}

/**
 * Reads the disk where it may have changed and brings the local overlay, and the problems of reading, up to date. Nothing of
 * what was read counts when the root was not there to its end. Answers whether the whole disk was looked at.
 */
export async function observeDisk(
  deps: CycleDeps,
  request: CycleRequest,
  broughtBack: readonly RelativePath[],
): Promise<CycleStop | { readonly scannedAll: boolean }> {
  const dirty = await whereToLook(deps, request, broughtBack);
  if (dirty === null) return { scannedAll: false };
  const result = await deps.scanner.scan(dirty, request.signal);
  const lost = (await observeRoot(deps)) ?? unreadRoot(result);
  if (lost) return lost;
  deps.journal.foldScan(result);
  if (result.full) deps.journal.advance({ meta: { folders: result.folders, skipped: result.skipped } });
  noteUnreadable(deps, result, dirty);
  return { scannedAll: result.full };
}

/** A scan that could not even read the root says nothing about what is in it (SA-4). */
function unreadRoot({ unreadable }: ScanResult): CycleStop | null {
  const root = unreadable.find(({ path }) => path === '');
  return root ? { why: 'blocked', reason: 'root', detail: root.code } : null;
}

/**
 * What the watcher hinted at; folders into which something came back, from staging or because somebody kept writing to a
 * displaced file (R08); and, where there is no hint, what has just gone, so that a delete is seen twice before it runs.
 */
async function whereToLook(
  deps: CycleDeps,
  { dirty, settings }: CycleRequest,
  broughtBack: readonly RelativePath[],
): Promise<DirtyPaths | null> {
  const rescued = settings.mode === 'upload' ? [] : await deps.disk.settleDisplaced(NOTHING_IS_GIVEN_UP);
  if (dirty === 'all') return dirty;
  const back = [...broughtBack, ...rescued.map(({ rescuedTo }) => rescuedTo), ...busyAndDue(deps)].map(folderOf);
  const look = new Set([...(dirty ?? recentlyGone(deps)), ...back]);
  return dirty === null && look.size === 0 ? null : look;
}

/** FI-4: before the drive was asked it is not known what it still has. */
const NOTHING_IS_GIVEN_UP = 0;

/** R14: a file that somebody held or wrote to is tried again by itself; letting it go makes no event. */
function busyAndDue({ journal, clock }: CycleDeps): RelativePath[] {
  const nowMs = clock.nowMs();
  return journal
    .problems()
    .filter(({ code, source, retryAtMs }) => code === 'BUSY' && source === 'scan' && retryAtMs <= nowMs)
    .map(({ path }) => path);
}

const FIRST_RETRY_MS = 1000;
const LAST_RETRY_MS = 60_000;

/** What never rests is asked about less and less often; null: its time has not come, and it was not even read. */
function nextTryMs(code: ProblemCode, known: StoredProblem | undefined, nowMs: number): number | null {
  if (code !== 'BUSY') return nowMs;
  if (known?.code !== code) return nowMs + FIRST_RETRY_MS;
  if (known.retryAtMs > nowMs) return null;
  return nowMs + Math.min(LAST_RETRY_MS, FIRST_RETRY_MS * 2 ** Math.min(known.attempts, 10));
}

/** A folder that was read again tells anew what in it cannot be read. */
function noteUnreadable(deps: CycleDeps, result: ScanResult, dirty: DirtyPaths): void {
  const { journal, clock } = deps;
  const nowMs = clock.nowMs();
  const unreadable = new Set(result.unreadable.map((item) => item.path));
  const problems = journal.problems();
  const before = new Map(problems.map((problem) => [problem.path, problem]));
  const found = result.unreadable.flatMap(({ path, code }) => {
    const retryAtMs = nextTryMs(code, before.get(path), nowMs);
    return retryAtMs === null ? [] : [{ path, problem: { code, params: {}, retryAtMs, source: 'scan' as const } }];
  });
  const solved = problems.filter(({ path, source }) => {
    const wasLookedAt = result.full || (dirty !== 'all' && dirty.has(folderOf(path)));
    return source === 'scan' && wasLookedAt && !unreadable.has(path);
  });
  journal.setProblems([...found, ...solved.map(({ path }) => ({ path, problem: null }))], nowMs);
}
