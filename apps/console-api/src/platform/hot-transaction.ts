import type { PoolClient, QueryResult } from 'pg';
import { EntityManager, type DataSource, type QueryRunner } from 'typeorm';

/**
 * A statement whose plan the connection keeps in a hot transaction. The plan is made without scans of whole tables, and its form must
 * leave a planner that knows nothing of them no other choice either (docs/architecture/hot-queries.md): tables grow, the plan stays.
 */
export type KeptStatement = { readonly name: string; readonly text: string };
export type Statement = string | KeptStatement;

/**
 * Sends statements in the order of the calls, at once and without waiting for the answers to those before: what does not need an
 * answer may be sent along. Each still sees what those before it did, and none is carried out after one that failed.
 */
export class HotManager extends EntityManager {
  readonly #client: PoolClient;
  readonly #last: (() => Promise<unknown>)[] = [];

  constructor(dataSource: DataSource, runner: QueryRunner, client: PoolClient) {
    super(dataSource, runner);
    this.#client = client;
  }

  /** Not `async`: it is on the wire, behind all that was sent before, when the call returns. */
  send<Row extends object>(statement: Statement, parameters: readonly unknown[]): Promise<Row[]> {
    const told = typeof statement === 'string' ? { text: statement } : statement;
    const answer: Promise<QueryResult<Row>> = this.#client.query({ ...told, values: [...parameters] });
    return answer.then((result) => result.rows);
  }

  /** To be sent with COMMIT, so that others who wait for what this transaction holds do not wait for this process, too. */
  sendLast(statement: Statement, parameters: readonly unknown[]): void {
    this.#last.push(() => this.send(statement, parameters));
  }

  override query<T>(statement: string, parameters: unknown[] = []): Promise<T> {
    return this.send(statement, parameters) as Promise<T>;
  }

  /** When one of the last statements fails, PostgreSQL takes COMMIT for ROLLBACK. */
  async commit(): Promise<void> {
    const last = this.#last.map((send) => send());
    const end = this.#client.query('COMMIT');
    await allInOrder(last);
    if ((await end).command !== 'COMMIT') throw new Error('the transaction was rolled back');
  }
}

/**
 * One attempt. For the plans that stay: without scans of whole tables, and without sorting, since what is asked for in the order of one
 * index could be sorted out of any other; a planner that believes in a single row finds that as cheap.
 */
export async function runHot<T>(
  dataSource: DataSource,
  work: (manager: EntityManager) => Promise<T>,
  settings: string,
): Promise<T> {
  const runner = dataSource.createQueryRunner();
  try {
    const client = (await runner.connect()) as PoolClient;
    const manager = new HotManager(dataSource, runner, client);
    await client.query(
      `START TRANSACTION; ${settings}; SET LOCAL enable_seqscan = off; SET LOCAL enable_sort = off; SET LOCAL plan_cache_mode = force_generic_plan`,
    );
    try {
      const answer = await work(manager);
      await manager.commit();
      return answer;
    } catch (error) {
      await client.query('ROLLBACK').catch(() => undefined); // a broken connection has rolled back already
      throw error;
    }
  } finally {
    await runner.release();
  }
}

type Answers<Steps extends readonly (() => Promise<unknown>)[]> = {
  readonly [At in keyof Steps]: Awaited<ReturnType<Steps[At]>>;
};

/** Steps of one statement each, none of which needs the answer of another; each sees what those before it did. */
export async function inOrder<const Steps extends readonly (() => Promise<unknown>)[]>(
  manager: EntityManager,
  steps: Steps,
): Promise<Answers<Steps>> {
  if (manager instanceof HotManager) return (await allInOrder(steps.map((step) => step()))) as Answers<Steps>;
  const answers: unknown[] = [];
  for (const step of steps) answers.push(await step());
  return answers as Answers<Steps>;
}

/** Waits for all of them; the error is that of the first one that failed, not of those that failed because of it. */
async function allInOrder(sent: readonly Promise<unknown>[]): Promise<unknown[]> {
  const results = await Promise.allSettled(sent);
  return results.map((result) => {
    if (result.status === 'rejected') throw result.reason;
    return result.value;
  });
}
