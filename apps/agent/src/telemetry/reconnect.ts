const FIRST_MS = 1000;
const MAX_MS = 60_000;

/** Wait before the `attempt`-th try (from 0): the first within a second, then full jitter up to a minute. */
export function reconnectWaitMs(attempt: number, random: () => number): number {
  return random() * Math.min(MAX_MS, FIRST_MS * 2 ** Math.min(attempt, 16));
}
