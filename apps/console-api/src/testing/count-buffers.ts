import type { EntityManager } from 'typeorm';

type Plan = {
  readonly 'Node Type': string;
  readonly 'Subplan Name'?: string;
  readonly 'Shared Hit Blocks'?: number;
  readonly 'Shared Read Blocks'?: number;
  readonly Plans?: readonly Plan[];
};
type Explained = { readonly 'QUERY PLAN': readonly [{ readonly Plan: Plan }] };

/**
 * Pages of the database that the statements of `work` look at. Everything is asked twice; `work` may write in a transaction, where
 * what the first time did is taken back.
 */
export async function countBuffers(
  manager: EntityManager,
  work: (manager: EntityManager) => Promise<unknown>,
): Promise<number> {
  let buffers = 0;
  const explaining = Object.create(manager) as EntityManager;
  explaining.query = async function explained<T>(statement: string, parameters?: unknown[]): Promise<T> {
    const explain = `EXPLAIN (ANALYZE, BUFFERS, FORMAT JSON) ${statement}`;
    const inTransaction = manager.queryRunner?.isTransactionActive === true;
    if (inTransaction) await manager.query('SAVEPOINT explained');
    const [row] = await manager.query<Explained[]>(explain, parameters);
    if (inTransaction) await manager.query('ROLLBACK TO SAVEPOINT explained');
    if (row) buffers += buffersOf(row['QUERY PLAN'][0].Plan);
    return manager.query<T>(statement, parameters);
  };
  await work(explaining);
  return buffers;
}

/** What a plan counts is that of its parts too, but for writes in WITH: those run after it, by themselves. */
function buffersOf(plan: Plan): number {
  const writes = (plan.Plans ?? []).filter(
    (part) => part['Node Type'] === 'ModifyTable' && part['Subplan Name']?.startsWith('CTE'),
  );
  const own = (plan['Shared Hit Blocks'] ?? 0) + (plan['Shared Read Blocks'] ?? 0);
  return writes.reduce((sum, part) => sum + buffersOf(part), own);
}
