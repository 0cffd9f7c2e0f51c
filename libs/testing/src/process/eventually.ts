import { setTimeout as delay } from 'node:timers/promises';

const POLL_MS = 50;

export type EventuallyOptions = { readonly timeoutMs?: number; readonly what: string };

/** Asks until the answer is neither `undefined` nor `false`; what it waited for stands in the error. */
export async function eventually<T>(
  ask: () => Promise<T | undefined | false> | T | undefined | false,
  { timeoutMs = 20_000, what }: EventuallyOptions,
): Promise<T> {
  const deadline = Date.now() + timeoutMs;
  for (;;) {
    const answer = await ask();
    if (answer !== undefined && answer !== false) return answer;
    if (Date.now() > deadline) throw new Error(`Not within ${timeoutMs / 1000} s: ${what}`);
    await delay(POLL_MS);
  }
}
