import { movedIn } from '../filter/apply-filter.ts';
import { compileRules } from '../filter/compile-filter.ts';
import { letGo } from '../safety/let-go.ts';
import type { CycleDeps, CycleSettings } from './cycle-types.ts';

/**
 * SY-26: what was moved in the cloud into the task, from a place that is left out, comes as a new node. Nobody looked at what is left
 * out here, so that stays, and base forgets it.
 */
export function letIn({ journal }: CycleDeps, { mode, exclude, rules = [], names }: CycleSettings): void {
  if (mode === 'upload' || (exclude.length === 0 && rules.length === 0)) return;
  const trees = { base: journal.base, local: journal.localOverlay(), cloud: journal.cloudOverlay() };
  const { isExcluded } = compileRules([{ exclude }, ...rules], { caseSensitive: names.caseSensitive });
  const entered = movedIn(trees, isExcluded);
  if (entered.length > 0) journal.advance(letGo(trees, entered));
}
