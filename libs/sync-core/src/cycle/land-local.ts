import type { LocalOp } from '../model/plan.ts';
import type { BaseNode, LocalKey, LocalNode } from '../model/tree.ts';
import type { DiskResult, RelativePath } from '../ports/disk.ts';
import { presentCloud } from './cloud-node.ts';
import type { Execution, LandingStep } from './execution.ts';

/** A change on disk that is done: the base row it allows, and what the disk holds now. */
export type Landing = { readonly opId: string; readonly row: BaseNode; readonly node: LocalNode };

/** One durable step: the row, what is on disk now and what the cloud was seen to hold. What is equal vanishes by itself. */
export function land(execution: Execution, landing: Landing): void {
  execution.putOff(landingStep(execution, landing));
  execution.complete(landing.opId);
  execution.succeed(execution.live.pathOf(landing.row.id));
}

export function landingStep(execution: Execution, { opId, row, node }: Landing): LandingStep {
  execution.setLocal(row.id, node);
  const seen = execution.decided.cloud.get(row.cloudId);
  return {
    rows: [row],
    local: [{ key: row.id, seen: { t: 'present', node, sinceMs: execution.deps.clock.nowMs() } }],
    cloud: seen?.t === 'present' ? [{ id: row.cloudId, seen: presentCloud(seen.node, seen.sinceMs) }] : [],
    finished: [opId],
  };
}

/** The disk was not as planned: look there again and decide anew. */
export function giveUp(execution: Execution, op: LocalOp, near: LocalKey): void {
  execution.noteRescan(near);
  execution.advance({ finished: [op.opId] });
}

export type Refused = {
  readonly near: LocalKey;
  readonly path: RelativePath;
  readonly result: Exclude<DiskResult<object>, { t: 'done' }>;
};

export function notDone(execution: Execution, op: LocalOp, { near, path, result }: Refused): void {
  if (result.t === 'changed') return giveUp(execution, op, near);
  const full = result.code === 'ENOSPC' || result.code === 'EDQUOT';
  if (full) execution.blocked = 'disk';
  execution.fail(path, full ? 'DISK_FULL' : result.code === 'EBUSY' ? 'BUSY' : 'UNREADABLE', { reason: result.code });
  execution.advance({ finished: [op.opId] });
}
