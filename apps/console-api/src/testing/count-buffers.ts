import type { EntityManager } from 'typeorm';

type Explained = { readonly 'QUERY PLAN': readonly [{ readonly Plan: Record<string, number> }] };

/** Pages of the database that the statements of `work` look at; `work` reads only, and everything it asks is asked twice. */
export async function countBuffers(
  manager: EntityManager,
  work: (manager: EntityManager) => Promise<unknown>,
): Promise<number> {
  let buffers = 0;
  const explaining = Object.create(manager) as EntityManager;
  explaining.query = async function explained<T>(statement: string, parameters?: unknown[]): Promise<T> {
    const explain = `EXPLAIN (ANALYZE, BUFFERS, FORMAT JSON) ${statement}`;
    const [row] = await manager.query<Explained[]>(explain, parameters);
    const plan = row?.['QUERY PLAN'][0].Plan ?? {};
    buffers += (plan['Shared Hit Blocks'] ?? 0) + (plan['Shared Read Blocks'] ?? 0);
    return manager.query<T>(statement, parameters);
  };
  await work(explaining);
  return buffers;
}
