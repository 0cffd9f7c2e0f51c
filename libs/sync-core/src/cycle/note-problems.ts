import type { Plan } from '../model/plan.ts';
import type { NewProblem, ProblemChange, StoredProblem } from '../ports/journal.ts';
import type { Execution } from './execution.ts';

/** A problem that goes on is written again after this long only: most cycles find what the one before found. */
const REFRESH_MS = 60_000;

/**
 * Keeps problems as state: what the decision found is noted, and after a full scan a problem whose file wants nothing any more
 * is solved.
 */
export function noteProblems(plan: Plan, execution: Execution, scannedAll: boolean): void {
  const { journal, clock } = execution.deps;
  const nowMs = clock.nowMs();
  const noted = new Map<string, NewProblem>();
  for (const { key, cloudId, code, params } of plan.problems) {
    const path = (key === null ? undefined : execution.live.pathOf(key)) ?? cloudId ?? '';
    noted.set(path, { code, params, retryAtMs: nowMs });
  }
  for (const path of hiddenFolders(execution)) {
    noted.set(path, { code: 'RIGHT_MISSING', params: {}, retryAtMs: nowMs });
  }
  const before = journal.problems();
  const known = new Map(before.map((problem) => [problem.path, problem]));
  const changes = [...noted].map(([path, problem]) => ({ path, problem }));
  const news = changes.filter(({ path, problem }) => !isSaid(known.get(path), problem, nowMs));
  const solved = scannedAll ? findSolved(before, new Set(noted.keys()).union(wantedPaths(plan, execution))) : [];
  journal.setProblems([...news, ...solved], nowMs);
}

function isSaid(known: StoredProblem | undefined, { code }: NewProblem, nowMs: number): boolean {
  return known?.code === code && known.lastSeenMs <= nowMs && nowMs - known.lastSeenMs < REFRESH_MS;
}

/** Synced folders that went out of sight (PE-2): what is in them here is not synced any more, and that must be said. */
function hiddenFolders({ deps, live, decided }: Execution): string[] {
  const { base, meta } = { base: deps.journal.base, meta: deps.journal.meta() };
  return meta.hidden.flatMap((cloudId) => {
    const row = base.byCloudId(cloudId);
    const isHere = row !== undefined && decided.local.get(row.id)?.t !== 'absent';
    return (isHere ? live.pathOf(row.id) : undefined) ?? [];
  });
}

/** Problems of reading are kept by the scan itself. */
function findSolved(problems: readonly StoredProblem[], open: ReadonlySet<string>): ProblemChange[] {
  return problems.flatMap(({ path, source }) => {
    return source === 'cycle' && !open.has(path) ? { path, problem: null } : [];
  });
}

function wantedPaths(plan: Plan, execution: Execution): Set<string> {
  const paths = new Set<string>();
  const add = (path: string | undefined) => path !== undefined && paths.add(path);
  const { live } = execution;
  for (const op of plan.cloud) add(op.op === 'cloudTrash' ? live.lastPathOf(op.id) : live.pathOf(op.key));
  for (const op of plan.local) {
    add('parent' in op ? execution.live.childPath(op.parent, op.name) : execution.live.pathOf(op.id));
    if ('key' in op) add(execution.live.pathOf(op.key));
  }
  return paths;
}
