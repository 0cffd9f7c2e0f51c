const FIRST_MS = 500;
const LONGEST_MS = 30_000;

/** Full jitter: `random` in [0, 1) of a range that doubles with every failed attempt. */
export function backoffMs(failedAttempts: number, random: number): number {
  return Math.round(random * Math.min(LONGEST_MS, FIRST_MS * 2 ** failedAttempts));
}
