import type { Plan } from '../model/plan.ts';
import type { Execution } from './execution.ts';

/**
 * Keeps problems as state: what the decision found is noted, and after a full scan a problem whose file wants nothing any more
 * is solved.
 */
export function noteProblems(plan: Plan, execution: Execution, scannedAll: boolean): void {
  const { journal, clock } = execution.deps;
  const nowMs = clock.nowMs();
  const noted = new Set<string>();
  for (const { key, cloudId, code, params } of plan.problems) {
    const path = (key === null ? undefined : execution.live.pathOf(key)) ?? cloudId ?? '';
    noted.add(path);
    journal.setProblem(path, { code, params, retryAtMs: nowMs }, nowMs);
  }
  for (const path of hiddenFolders(execution)) {
    noted.add(path);
    journal.setProblem(path, { code: 'RIGHT_MISSING', params: {}, retryAtMs: nowMs }, nowMs);
  }
  if (scannedAll) clearSolved(noted.union(wantedPaths(plan, execution)), execution);
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
function clearSolved(open: ReadonlySet<string>, execution: Execution): void {
  const { journal, clock } = execution.deps;
  for (const { path, source } of journal.problems()) {
    if (source === 'cycle' && !open.has(path)) journal.setProblem(path, null, clock.nowMs());
  }
}

function wantedPaths(plan: Plan, execution: Execution): Set<string> {
  const paths = new Set<string>();
  const add = (path: string | undefined) => path !== undefined && paths.add(path);
  for (const op of plan.cloud) add(execution.live.pathOf(op.op === 'cloudTrash' ? op.id : op.key));
  for (const op of plan.local) {
    add('parent' in op ? execution.live.childPath(op.parent, op.name) : execution.live.pathOf(op.id));
    if ('key' in op) add(execution.live.pathOf(op.key));
  }
  return paths;
}
