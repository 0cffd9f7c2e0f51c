import type { EntityManager } from 'typeorm';

type Plan = {
  readonly 'Node Type': string;
  readonly 'Subplan Name'?: string;
  readonly 'Shared Hit Blocks'?: number;
  readonly 'Shared Read Blocks'?: number;
  readonly 'Actual Rows': number;
  readonly 'Actual Loops': number;
  readonly 'Rows Removed by Filter'?: number;
  readonly Plans?: readonly Plan[];
};
type Explained = { readonly 'QUERY PLAN': readonly [{ readonly Plan: Plan }] };

/**
 * Pages of the database that the statements of `work` look at. Everything is asked twice; `work` may write in a transaction, where
 * what the first time did is taken back.
 */
export async function countBuffers(manager: EntityManager, work: Work): Promise<number> {
  const plans = await explain(manager, work);
  return plans.reduce((sum, plan) => sum + buffersOf(plan), 0);
}

/** Rows of tables that the statements of `work` look at, in the same way: a scan of many rows may be one of few pages. */
export async function countRows(manager: EntityManager, work: Work): Promise<number> {
  const plans = await explain(manager, work);
  return plans.reduce((sum, plan) => sum + rowsOf(plan), 0);
}

type Work = (manager: EntityManager) => Promise<unknown>;

async function explain(manager: EntityManager, work: Work): Promise<Plan[]> {
  const plans: Plan[] = [];
  const explaining = Object.create(manager) as EntityManager;
  explaining.query = async function explained<T>(statement: string, parameters?: unknown[]): Promise<T> {
    const explain = `EXPLAIN (ANALYZE, BUFFERS, FORMAT JSON) ${statement}`;
    const inTransaction = manager.queryRunner?.isTransactionActive === true;
    if (inTransaction) await manager.query('SAVEPOINT explained');
    const [row] = await manager.query<Explained[]>(explain, parameters);
    if (inTransaction) await manager.query('ROLLBACK TO SAVEPOINT explained');
    if (row) plans.push(row['QUERY PLAN'][0].Plan);
    return manager.query<T>(statement, parameters);
  };
  await work(explaining);
  return plans;
}

/** Of what reads a table itself; the rows that a bitmap finds are counted where they are read. */
function rowsOf(plan: Plan): number {
  const isRead = /^(Seq|Index|Index Only|Bitmap Heap|Tid) Scan$/.test(plan['Node Type']);
  const rows = (plan['Actual Rows'] + (plan['Rows Removed by Filter'] ?? 0)) * plan['Actual Loops'];
  return (plan.Plans ?? []).reduce((sum, part) => sum + rowsOf(part), isRead ? rows : 0);
}

/** What a plan counts is that of its parts too, but for writes in WITH: those run after it, by themselves. */
function buffersOf(plan: Plan): number {
  const writes = (plan.Plans ?? []).filter(
    (part) => part['Node Type'] === 'ModifyTable' && part['Subplan Name']?.startsWith('CTE'),
  );
  const own = (plan['Shared Hit Blocks'] ?? 0) + (plan['Shared Read Blocks'] ?? 0);
  return writes.reduce((sum, part) => sum + buffersOf(part), own);
}
