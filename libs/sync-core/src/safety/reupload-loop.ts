import type { CloudOp, Hold, Plan } from '../model/plan.ts';
import type { BaseId, BaseView } from '../model/tree.ts';
import { DEEDS_KEPT_MS } from '../ports/journal.ts';
import type { GuardFacts } from './guard-facts.ts';
import { countFiles } from './hold-set.ts';

export const MAX_REUPLOADS = 3;
export const REUPLOAD_WINDOW_MS = DEEDS_KEPT_MS;

export type LoopVerdict = { readonly held: readonly CloudOp[]; readonly hold: Hold | null };

/** GU-4: what vanished from the cloud again and again, and would be sent once more. */
export function judgeReuploads(plan: Plan, facts: GuardFacts): LoopVerdict {
  const counts = countsOf(facts);
  if (counts.size === 0) return { held: [], hold: null };
  const held = plan.cloud.filter((op) => isReupload(op, facts.base) && (counts.get(op.id) ?? 0) >= MAX_REUPLOADS);
  if (held.length === 0) return { held, hold: null };
  const ids = held.map((op) => op.id);
  return { held, hold: { kind: 'reupload_loop', ids, files: countFiles(ids, facts.base) } };
}

/** A node that both sides had, and that gets a new one in the cloud. */
export function isReupload(op: CloudOp, base: BaseView): boolean {
  const isMade = op.op === 'cloudCreateFolder' || (op.op === 'cloudUpload' && op.target.t === 'create');
  // A key below zero: base has never had it.
  const row = isMade && op.key > 0 ? base.get(op.id) : undefined;
  return row?.state === 'managed' && row.cloudId !== op.cloudId;
}

function countsOf({ deeds, mode, nowMs }: GuardFacts): ReadonlyMap<BaseId, number> {
  const counts = new Map<BaseId, number>();
  if (mode !== 'upload') return counts;
  for (const deed of deeds) {
    if (deed.kind !== 'sentAgain' || deed.atMs < nowMs - REUPLOAD_WINDOW_MS) continue;
    for (const node of deed.nodes) counts.set(Number(node), (counts.get(Number(node)) ?? 0) + 1);
  }
  return counts;
}
