import type { EntityManager } from 'typeorm';
import type { Clock } from '../platform/clock.ts';
import { beginAttempt, forgiveAttempt, type CountedRow } from './attempt.store.ts';
import type { Attempted } from './attempts.ts';

/** Tries that are counted in the row of what is tried, as long as that is in this state. */
export function countedIn(
  of: { readonly manager: EntityManager; readonly clock: Clock },
  row: CountedRow & { readonly state: string },
): Pick<Attempted<unknown>, 'id' | 'begin' | 'forgive'> {
  return {
    id: row.id,
    begin: (count) => beginAttempt(of.manager, row, { count, now: of.clock.now() }),
    forgive: () => forgiveAttempt(of.manager, row),
  };
}
