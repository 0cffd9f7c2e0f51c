import type { DataSource, EntityManager } from 'typeorm';
import { runHot } from './hot-transaction.ts';

/** Serialization failure and deadlock: PostgreSQL rolled back, running it again is safe. */
const RETRYABLE = new Set(['40001', '40P01']);

export type TransactionOptions = {
  readonly statementTimeoutMs?: number;
  readonly maxAttempts?: number;
  readonly isolation?: 'READ COMMITTED' | 'REPEATABLE READ' | 'SERIALIZABLE';
  /** The database refuses to write, and to lock rows: no writer waits for such a transaction. */
  readonly isReadOnly?: boolean;
  /** For the path of every commit: plans are kept, and statements sent together. See `HotManager`. */
  readonly isHot?: boolean;
};

/** Runs `work` in one transaction, again when the database gave it up for another one. `work` must have no other effects. */
export async function inTransaction<T>(
  dataSource: DataSource,
  work: (manager: EntityManager) => Promise<T>,
  options: TransactionOptions = {},
): Promise<T> {
  const { maxAttempts = 5, isHot = false } = options;
  const run = isHot ? runHot : runPlain;
  for (let attempt = 1; ; attempt++) {
    try {
      return await run(dataSource, work, settingsOf(options));
    } catch (error) {
      if (attempt >= maxAttempts || !RETRYABLE.has(databaseErrorCode(error) ?? '')) throw error;
    }
  }
}

/** One moment of the database, looked at by several statements; nothing is changed or locked. */
export function inSnapshot<T>(
  dataSource: DataSource,
  work: (manager: EntityManager) => Promise<T>,
  options: Pick<TransactionOptions, 'statementTimeoutMs'> = {},
): Promise<T> {
  return inTransaction(dataSource, work, { ...options, isolation: 'REPEATABLE READ', isReadOnly: true });
}

/** In one round trip: every commit pays for it. */
function settingsOf(options: TransactionOptions): string {
  const { statementTimeoutMs = 30_000, isolation = 'READ COMMITTED', isReadOnly = false } = options;
  const access = isReadOnly ? ' READ ONLY' : '';
  return `SET TRANSACTION ISOLATION LEVEL ${isolation}${access}; SET LOCAL statement_timeout = ${Math.trunc(statementTimeoutMs)}`;
}

function runPlain<T>(
  dataSource: DataSource,
  work: (manager: EntityManager) => Promise<T>,
  settings: string,
): Promise<T> {
  return dataSource.transaction(async (manager) => {
    await manager.query(settings);
    return work(manager);
  });
}

/** Whether something is there already that may be there once. */
export function isUniqueViolation(error: unknown): boolean {
  return databaseErrorCode(error) === '23505';
}

/** SQLSTATE of an error that PostgreSQL answered. */
export function databaseErrorCode(error: unknown): string | undefined {
  if (typeof error !== 'object' || error === null) return undefined;
  if ('code' in error && typeof error.code === 'string') return error.code;
  return 'driverError' in error ? databaseErrorCode(error.driverError) : undefined;
}
