/** Tombstones and cursors; an agent that was away for longer lists anew. */
export const TOMBSTONE_DAYS = 90;

export type RetentionDays = { readonly keepDays: number; readonly binDays: number };

/** Days for which past states are kept: as long as a version or the bin may need them, and never less than the feed does. */
export function historyDays({ keepDays, binDays }: RetentionDays): number {
  return Math.max(keepDays, binDays, TOMBSTONE_DAYS);
}

export function daysBefore(now: Date, days: number): Date {
  return new Date(now.getTime() - days * 24 * 60 * 60 * 1000);
}
