import type { EntityManager } from 'typeorm';
import { HotManager, type Statement } from './hot-transaction.ts';

/** Runs one statement and answers its rows; TypeORM answers UPDATE and DELETE as `[rows, count]`, everything else as rows. */
export async function queryRows<Row extends object>(
  manager: EntityManager,
  statement: Statement,
  parameters: readonly unknown[] = [],
): Promise<Row[]> {
  if (manager instanceof HotManager) return manager.send<Row>(statement, parameters);
  const text = typeof statement === 'string' ? statement : statement.text;
  const answer: unknown = await manager.query(text, [...parameters]);
  if (!Array.isArray(answer)) return [];
  const rows: unknown = Array.isArray(answer[0]) ? answer[0] : answer;
  return rows as Row[];
}

/** Runs a statement that answers nothing, and that nothing after it in the transaction depends on: with COMMIT, where that can be. */
export async function queryLast(
  manager: EntityManager,
  statement: Statement,
  parameters: readonly unknown[],
): Promise<void> {
  if (manager instanceof HotManager) manager.sendLast(statement, parameters);
  else await queryRows(manager, statement, parameters);
}
