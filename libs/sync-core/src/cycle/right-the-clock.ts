import type { CycleDeps } from './cycle-types.ts';

/**
 * A clock that ran ahead and was set right leaves absences "seen" in the future, which would never settle: they count from now.
 * Order never depends on these times.
 */
export function rightTheClock({ journal, clock }: CycleDeps): void {
  const nowMs = clock.nowMs();
  const gone = journal.notPresent();
  const local = [];
  const cloud = [];
  for (const [key, seen] of gone.local) {
    if (seen.t === 'absent' && seen.sinceMs > nowMs) local.push({ key, seen: { ...seen, sinceMs: nowMs } });
  }
  for (const [id, seen] of gone.cloud) {
    if (seen.t === 'absent' && seen.sinceMs > nowMs) cloud.push({ id, seen: { ...seen, sinceMs: nowMs } });
  }
  if (local.length + cloud.length > 0) journal.advance({ local, cloud });
}
