import type { Plan } from '../model/plan.ts';
import type { Execution } from './execution.ts';

/**
 * Keeps problems as state: what the decision found is noted, and after a full scan a problem whose file wants nothing any more
 * is solved.
 */
export function noteProblems(plan: Plan, execution: Execution, scannedAll: boolean): void {
  const { journal, clock } = execution.deps;
  const noted = new Set<string>();
  for (const problem of plan.problems) {
    const path = (problem.key === null ? undefined : execution.live.pathOf(problem.key)) ?? problem.cloudId ?? '';
    noted.add(path);
    journal.setProblem(path, { code: problem.code, params: problem.params, retryAtMs: clock.nowMs() }, clock.nowMs());
  }
  const open = journal.problems();
  if (!scannedAll || open.length === 0) return;
  const wanted = wantedPaths(plan, execution);
  for (const problem of open) {
    const fromScan = problem.code === 'UNREADABLE' || problem.code === 'BUSY';
    if (noted.has(problem.path) || wanted.has(problem.path) || fromScan) continue;
    journal.setProblem(problem.path, null, clock.nowMs());
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
