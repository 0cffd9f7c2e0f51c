import type { DataSource, EntityManager } from 'typeorm';

/** Serialization failure and deadlock: PostgreSQL rolled back, running it again is safe. */
const RETRYABLE = new Set(['40001', '40P01']);

export type TransactionOptions = {
  readonly statementTimeoutMs?: number;
  readonly maxAttempts?: number;
  readonly isolation?: 'READ COMMITTED' | 'REPEATABLE READ' | 'SERIALIZABLE';
};

/** Runs `work` in one transaction, again when the database gave it up for another one. `work` must have no other effects. */
export async function inTransaction<T>(
  dataSource: DataSource,
  work: (manager: EntityManager) => Promise<T>,
  options: TransactionOptions = {},
): Promise<T> {
  const { statementTimeoutMs = 30_000, maxAttempts = 5, isolation = 'READ COMMITTED' } = options;
  for (let attempt = 1; ; attempt++) {
    try {
      return await dataSource.transaction(async (manager) => {
        // both in one round trip: every commit pays for it
        await manager.query(
          `SET TRANSACTION ISOLATION LEVEL ${isolation}; SET LOCAL statement_timeout = ${Math.trunc(statementTimeoutMs)}`,
        );
        return work(manager);
      });
    } catch (error) {
      if (attempt >= maxAttempts || !RETRYABLE.has(databaseErrorCode(error) ?? '')) throw error;
    }
  }
}

/** SQLSTATE of an error that PostgreSQL answered. */
export function databaseErrorCode(error: unknown): string | undefined {
  if (typeof error !== 'object' || error === null) return undefined;
  if ('code' in error && typeof error.code === 'string') return error.code;
  return 'driverError' in error ? databaseErrorCode(error.driverError) : undefined;
}
