import pg from 'pg';

/** Statements that `work` sends to the database, begin and end of transactions left out. One such count at a time. */
export async function countStatements(work: () => Promise<unknown>): Promise<number> {
  const { prototype } = pg.Client;
  const query = Reflect.get(prototype, 'query') as Query;
  let count = 0;
  Reflect.set(prototype, 'query', function counted(this: pg.Client, ...of: Parameters<Query>): unknown {
    const [asked] = of;
    if (!FRAME.test(typeof asked === 'string' ? asked : asked.text)) count += 1;
    return query.apply(this, of);
  });
  try {
    await work();
  } finally {
    Reflect.set(prototype, 'query', query);
  }
  return count;
}

type Query = (asked: string | { readonly text: string }, ...rest: unknown[]) => unknown;
const FRAME = /^(START TRANSACTION|COMMIT|ROLLBACK)/;
