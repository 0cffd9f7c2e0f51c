import type { Failure, Outcome } from './fleet.ts';
import { planOf, type Plan, type Size, type What } from './plan.ts';
import { play } from './shrink.ts';

/** What a crash may fall on: calls of a port, steps of the journal, system calls. */
export type SweptCall = 'port' | 'write' | 'call';
export const SWEPT_CALLS: readonly SweptCall[] = ['port', 'write', 'call'];

/** A first sync of some files, and a few changes after it; nothing fails but what the sweep makes fail. */
const TINY: Size = { acts: 16, faults: 0, crashes: 0, events: 0 };

export type SweptFailure = { readonly at: string; readonly failure: Failure; readonly plan: Plan };
export type Swept = {
  readonly plays: number;
  readonly crashes: number;
  readonly acts: number;
  readonly failures: readonly SweptFailure[];
};

const NOTHING: What = { t: 'call', after: 1e9, fault: 'crash' };

/** Every way to crash at the `after`-th call. */
function crashesAt(on: SweptCall, after: number): readonly What[] {
  if (on === 'write') return [{ t: 'write', after }];
  if (on === 'call') return (['crash', 'power'] as const).map((fault) => ({ t: 'call', after, fault }));
  return (['crash', 'crash after', 'power'] as const).map((fault) => ({ t: 'port', after, fault }));
}

/** Plays a small plan once to count the calls of each device, and once more for each of them, with a crash there. */
export async function sweep(seed: number, on: SweptCall): Promise<Swept> {
  const plan = planOf(seed, TINY);
  const whole = await play(withCrash(plan, { who: 0, what: NOTHING }));
  const sums = { plays: 0, crashes: 0, acts: 0 };
  const failures: SweptFailure[] = [];
  const note = (at: string, { stats, failure, plan: played }: Outcome) => {
    sums.plays += 1;
    sums.crashes += stats.crashes;
    sums.acts += stats.acts;
    if (failure) failures.push({ at, failure, plan: played });
  };
  note('no crash at all', whole);
  for (const [who, calls] of whole.calls.entries()) {
    for (let number = 1; number <= calls[on]; number++) {
      for (const what of crashesAt(on, number)) note(told(who, what), await play(withCrash(plan, { who, what })));
    }
  }
  return { ...sums, failures };
}

/** Armed as soon as the devices have started. */
function withCrash(plan: Plan, { who, what }: { who: number; what: What }): Plan {
  return { ...plan, steps: [{ gapMs: 0, who, what }, ...plan.steps] };
}

function told(who: number, what: What): string {
  const fault = 'fault' in what ? what.fault : 'crash';
  return `d${who + 1}, ${what.t} ${'after' in what ? what.after : ''}, ${fault}`;
}
