import { EntityManager } from 'typeorm';

/** Statements that `work` sends to the database, BEGIN and COMMIT left out. One such count at a time. */
export async function countStatements(work: () => Promise<unknown>): Promise<number> {
  const { query } = EntityManager.prototype;
  let count = 0;
  EntityManager.prototype.query = function counted<T>(this: EntityManager, ...of: [string, unknown[]?]): Promise<T> {
    count += 1;
    return query.call<EntityManager, [string, unknown[]?], Promise<T>>(this, ...of);
  };
  try {
    await work();
  } finally {
    EntityManager.prototype.query = query;
  }
  return count;
}
