import type { CloudOp, Op } from '../model/plan.ts';
import type { StoredHold } from '../ports/journal.ts';
import type { CycleDeps, CycleRequest } from './cycle-types.ts';
import { Execution } from './execution.ts';
import { settle } from './settle-cloud.ts';

const PAGE = 5000;

/**
 * Operations whose outcome we never learned (a crash, a lost answer): the drive is asked what it did (R04, R05, K01); the disk
 * has brought back what stood in staging. After that every operation is over; what is still wanted is planned anew.
 */
export async function settleUnfinished(deps: CycleDeps, request: CycleRequest): Promise<void> {
  const open = deps.journal.unfinished();
  if (open.length === 0) return;
  const trees = { local: deps.journal.localOverlay(), cloud: deps.journal.cloudOverlay() };
  const execution = new Execution(deps, request, { ...trees, approvedOps: approvedAmong(open, deps.journal.holds()) });
  const cloudOps = open.filter(isCloudOp);
  for (let at = 0; at < cloudOps.length; at += PAGE) {
    const page = cloudOps.slice(at, at + PAGE);
    const answers = await deps.cloud.answers(page.map((op) => op.opId));
    settle(page, answers, execution);
  }
  deps.journal.advance({ finished: open.map(opIdOf) });
}

/** What a person agreed to does not count as done without consent, though its answer came late. */
function approvedAmong(ops: readonly Op[], holds: readonly StoredHold[]): ReadonlySet<string> {
  const given = new Set(holds.filter((hold) => hold.answer === 'approved').flatMap((hold) => hold.ids));
  const isGiven = (op: Op) => ('ids' in op ? op.ids.some((id) => given.has(id)) : 'id' in op && given.has(op.id));
  return new Set(ops.filter(isGiven).map(opIdOf));
}

function isCloudOp(op: Op): op is CloudOp {
  return op.op.startsWith('cloud');
}

function opIdOf(op: Op): string {
  return 'opId' in op ? op.opId : '';
}
