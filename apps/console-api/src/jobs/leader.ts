import type { DataSource, QueryRunner } from 'typeorm';
import { ADVISORY_LOCKS } from '../platform/advisory-locks.ts';
import { queryRows } from '../platform/rows.ts';

/** One console of many does the background work: whoever holds this lock, which the database takes back with the connection. */
export class Leader {
  #connection: QueryRunner | undefined;

  constructor(private readonly dataSource: DataSource) {}

  /** Whether this console leads; a lost connection is a lost lead. */
  async isLeading(): Promise<boolean> {
    const connection = (this.#connection ??= this.dataSource.createQueryRunner());
    try {
      // The lock is counted per connection: taken twice, it must be given back twice.
      const [row] = await queryRows<{ leads: boolean }>(
        connection.manager,
        `SELECT EXISTS (SELECT FROM pg_locks WHERE locktype = 'advisory' AND pid = pg_backend_pid() AND granted
                          AND classid::bigint = ($1::bigint >> 32) AND objid::bigint = ($1::bigint & 4294967295))
             OR pg_try_advisory_lock($1) AS leads`,
        [ADVISORY_LOCKS.leader],
      );
      return row?.leads === true;
    } catch (error) {
      await this.resign();
      throw error;
    }
  }

  async resign(): Promise<void> {
    const connection = this.#connection;
    this.#connection = undefined;
    if (!connection || connection.isReleased) return;
    await connection.query('SELECT pg_advisory_unlock_all()').catch(() => undefined);
    await connection.release();
  }
}
