import { AppError } from '@tideline/contracts';
import { databaseErrorCode } from '../platform/transaction.ts';

/** Tries in a row without any progress; with the waits between them some twenty minutes. */
export const MAX_ATTEMPTS = 6;

/** What may fail for ever, and where its tries are counted. */
export type Attempted<T> = {
  readonly id: string;
  /** Counts a try before it begins: one that ends the process counts too. `undefined`: there is nothing to try any more. */
  readonly begin: (count: 0 | 1) => Promise<number | undefined>;
  /** Says that it got on in its own transaction, by `attempts = 0`. */
  readonly run: () => Promise<T>;
  /** Takes the count of the last try back. */
  readonly forgive: () => Promise<void>;
  readonly giveUp: () => Promise<void>;
};

/** Tries again what failed, later each time, and gives it up when that is for nothing. What passes by itself does not count. */
export class Attempts {
  /** Their last try does not count, and the database could not be told. */
  readonly #forgiven = new Set<string>();

  /** Throws what a try throws. */
  async try<T>(work: Attempted<T>): Promise<T | undefined> {
    const attempt = await work.begin(this.#forgiven.has(work.id) ? 0 : 1);
    this.#forgiven.delete(work.id);
    if (attempt === undefined) return undefined;
    if (attempt > MAX_ATTEMPTS) {
      await work.giveUp(); // its tries ended with the process, one after another
      return undefined;
    }
    try {
      return await work.run();
    } catch (error) {
      if (isTransient(error)) await work.forgive().catch(() => this.#forgiven.add(work.id));
      else if (attempt === MAX_ATTEMPTS) await work.giveUp();
      throw error;
    }
  }
}

/** Connection exceptions, resources that are used up, a server that stops, and what another transaction was preferred to. */
const TRANSIENT_STATES = /^(08|53|57P0|40001$|40P01$|55P03$)/;
const TRANSIENT_CALLS = new Set([
  'ECONNREFUSED',
  'ECONNRESET',
  'EPIPE',
  'ETIMEDOUT',
  'ENOTFOUND',
  'EAI_AGAIN',
  'EHOSTUNREACH',
]);

/** Whether the same may well succeed later, since the reason is not in the work. */
export function isTransient(error: unknown): boolean {
  if (error instanceof AppError) return error.code === 'UNAVAILABLE';
  const code = databaseErrorCode(error);
  if (code !== undefined) return TRANSIENT_STATES.test(code) || TRANSIENT_CALLS.has(code);
  // the database's client gives no code for a connection that ended
  return (
    error instanceof Error &&
    /connection terminated|timeout exceeded when trying to connect|not queryable/i.test(error.message)
  );
}
