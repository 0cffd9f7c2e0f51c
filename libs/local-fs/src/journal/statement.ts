import type { DatabaseSync, SQLInputValue, StatementSync } from 'node:sqlite';
import type { SqlRow } from './rows.ts';

/** A statement whose rows are arrays with integers as bigint, which is what `rows.ts` maps. */
export function prepareRows(db: DatabaseSync, sql: string): StatementSync {
  const statement = db.prepare(sql);
  statement.setReadBigInts(true);
  statement.setReturnArrays(true);
  return statement;
}

export function firstRow(statement: StatementSync, ...values: SQLInputValue[]): SqlRow | undefined {
  return statement.get(...values) as unknown as SqlRow | undefined;
}

export function allRows(statement: StatementSync, ...values: SQLInputValue[]): readonly SqlRow[] {
  return statement.all(...values) as unknown as readonly SqlRow[];
}

/** All of `work` or nothing of it. Not for use inside another transaction. */
export function inTransaction<T>(db: DatabaseSync, work: () => T): T {
  db.exec('BEGIN IMMEDIATE');
  try {
    const result = work();
    db.exec('COMMIT');
    return result;
  } catch (error) {
    if (db.isTransaction) db.exec('ROLLBACK');
    throw error;
  }
}
