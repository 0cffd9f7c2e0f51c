import { Fleet, type Failure, type Outcome } from './fleet.ts';
import type { Plan, Step } from './plan.ts';

export const play = (plan: Plan): Promise<Outcome> => new Fleet(plan).run();

/** Fewer steps that still break the same invariant: halves first, then smaller pieces, until no single step can be left out. */
export async function shrink(plan: Plan, failure: Failure, mayGoOn: (steps: number) => boolean): Promise<Plan> {
  let best = plan;
  for (let size = Math.ceil(best.steps.length / 2); size >= 1; size = size === 1 ? 0 : Math.ceil(size / 2)) {
    for (let at = 0; at < best.steps.length;) {
      const steps = [...best.steps.slice(0, at), ...best.steps.slice(at + size)];
      if (!mayGoOn(best.steps.length)) return best;
      const shorter = { ...best, steps };
      if (await breaks(shorter, failure)) best = shorter;
      else at += size;
    }
  }
  return simpler(best, failure);
}

/** At once instead of inside, early instead of late: what can be simple is simple. */
async function simpler(plan: Plan, failure: Failure): Promise<Plan> {
  let best = plan;
  for (const [index] of plan.steps.entries()) {
    const step = best.steps[index];
    const simple = step && simpleForm(step);
    if (!simple) continue;
    const steps = best.steps.with(index, simple);
    if (await breaks({ ...best, steps }, failure)) best = { ...best, steps };
  }
  return best;
}

function simpleForm(step: Step): Step | undefined {
  if (step.what.t !== 'act' || step.what.inside === null) return undefined;
  return { ...step, what: { ...step.what, inside: null } };
}

async function breaks(plan: Plan, { invariant }: Failure): Promise<boolean> {
  const outcome = await play(plan).catch(() => null);
  return outcome?.failure?.invariant === invariant;
}
