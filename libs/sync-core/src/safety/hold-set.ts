import type { Hold } from '../model/plan.ts';
import type { BaseId, BaseView } from '../model/tree.ts';
import type { StoredHold } from '../ports/journal.ts';

/** The nodes of the holds of one kind, by what was answered. */
export type HoldSet = {
  readonly approved: ReadonlySet<BaseId>;
  readonly waiting: ReadonlySet<BaseId>;
  /** Answered with restore or keep, which the cycle carries out: held until that is done. */
  readonly undone: ReadonlySet<BaseId>;
  readonly open: StoredHold | undefined;
};

export function holdSet(holds: readonly StoredHold[], kind: Hold['kind']): HoldSet {
  const ofKind = holds.filter((hold) => hold.kind === kind);
  const idsOf = (test: (answer: StoredHold['answer']) => boolean) =>
    new Set(ofKind.filter((hold) => test(hold.answer)).flatMap((hold) => hold.ids));
  return {
    approved: idsOf((answer) => answer === 'approved'),
    waiting: idsOf((answer) => answer === null),
    undone: idsOf((answer) => answer === 'restored' || answer === 'kept'),
    open: ofKind.find((hold) => hold.answer === null),
  };
}

export function countFiles(ids: Iterable<BaseId>, base: BaseView): number {
  let files = 0;
  for (const id of ids) if (base.get(id)?.kind === 'file') files += 1;
  return files;
}
