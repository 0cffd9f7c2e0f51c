import type { CloudOp, Hold, Plan } from '../model/plan.ts';
import type { BaseView } from '../model/tree.ts';
import { MASS_WINDOW_MS, type GuardFacts } from './guard-facts.ts';
import { holdSet } from './hold-set.ts';

export const MASS_CHANGE_FILES = 500;
export const MASS_CHANGE_SHARE = 0.3;
/** In a small task a few files are a large share of it. */
export const MASS_CHANGE_LEAST_FILES = 20;

export type Rewrite = Extract<CloudOp, { op: 'cloudUpload' }>;

export type ChangeVerdict = {
  readonly held: readonly CloudOp[];
  readonly hold: Hold | null;
  readonly approved: readonly CloudOp[];
};

/** New contents of files that both sides had alike. */
export function rewritesOf(plan: Plan, base: BaseView): readonly Rewrite[] {
  return plan.cloud.filter((op): op is Rewrite => op.op === 'cloudUpload' && isRewrite(op, base));
}

export function isRewrite(op: Rewrite, base: BaseView): boolean {
  const row = base.get(op.id);
  return op.target.t === 'version' && row?.state === 'managed' && row.contentId !== op.content.contentId;
}

/** Rewritten files nobody was asked about yet, if there are so many that their contents should be looked at; else none. */
export function suspects(plan: Plan, facts: GuardFacts): readonly Rewrite[] {
  const { approved, waiting } = holdSet(facts.holds, 'mass_change');
  const rewrites = rewritesOf(plan, facts.base).filter((op) => !approved.has(op.id));
  const open = rewrites.filter((op) => !waiting.has(op.id));
  return open.length > 0 && isMany(rewrites.length, facts) ? open : [];
}

/** GU-2: many files rewritten into what looks encrypted wait for a person; what was sent before is in the history. */
export function judgeChanges(plan: Plan, facts: GuardFacts): ChangeVerdict {
  const answers = holdSet(facts.holds, 'mass_change');
  const rewrites = rewritesOf(plan, facts.base);
  const approved = rewrites.filter((op) => answers.approved.has(op.id));
  const caught = new Set(facts.looksEncrypted ? suspects(plan, facts) : []);
  for (const op of rewrites) if (answers.waiting.has(op.id) && !answers.approved.has(op.id)) caught.add(op);
  const undone = rewrites.filter((op) => answers.undone.has(op.id));
  const ids = new Set([...caught, ...undone].map((op) => op.id));
  // A name that came with the content waits with it.
  const held = plan.cloud.filter((op) => ids.has(op.id) && (op.op === 'cloudUpload' || op.op === 'cloudMove'));
  const open = [...caught].map((op) => op.id).filter((id) => !answers.undone.has(id));
  const hold = open.length === 0 ? null : ({ kind: 'mass_change', ids: open, files: open.length } as const);
  return { held, hold, approved };
}

function isMany(rewrites: number, { base, deeds, nowMs }: GuardFacts): boolean {
  const recently = deeds
    .filter((deed) => deed.kind === 'rewrote' && deed.atMs >= nowMs - MASS_WINDOW_MS)
    .reduce((sum, deed) => sum + deed.files, 0);
  const files = rewrites + recently;
  if (files > MASS_CHANGE_FILES) return true;
  return files >= MASS_CHANGE_LEAST_FILES && files > MASS_CHANGE_SHARE * base.fileCount();
}
