import type { Wanted } from './decide-now.ts';
import type { Execution } from './execution.ts';
import type { Look } from './report.ts';

/** What the decision itself asks to be looked at again: what it let go, and rights that may have been given meanwhile. */
export function noteUnseen(execution: Execution, { unseen, asksRights }: Wanted): void {
  execution.refeed ||= asksRights;
  execution.lookEverywhere ||= unseen === 'all';
  for (const folder of unseen === 'all' ? [] : (unseen ?? [])) execution.rescan.add(folder);
}

/** What our own work calls to look at again: folders that were not as planned, a feed that has moved, or the rest of a plan. */
export function followUp(execution: Execution, isLeft: boolean): Look | null {
  const { lookEverywhere, placesWait, refeed } = execution;
  if (lookEverywhere) return { dirty: 'all', pullFeed: true };
  const folders = execution.whereToLook();
  if (folders.size === 0 && !refeed && !placesWait && !isLeft) return null;
  return { dirty: folders.size > 0 ? folders : null, pullFeed: refeed };
}
