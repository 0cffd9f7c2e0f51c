import type { EntityManager } from 'typeorm';

/** Runs one statement and answers its rows; TypeORM answers UPDATE and DELETE as `[rows, count]`, everything else as rows. */
export async function queryRows<Row extends object>(
  manager: EntityManager,
  statement: string,
  parameters: readonly unknown[] = [],
): Promise<Row[]> {
  const answer: unknown = await manager.query(statement, [...parameters]);
  if (!Array.isArray(answer)) return [];
  const rows: unknown = Array.isArray(answer[0]) ? answer[0] : answer;
  return rows as Row[];
}
