import type { DataSource, EntityManager } from 'typeorm';
import { queryRows } from './rows.ts';

/**
 * Ends the statement under way when `signal` says so: it then throws 57014. For statements that take minutes; `manager` is that
 * of a transaction, whose connection is nobody else's until this is over.
 */
export async function cancelOnAbort<T>(
  dataSource: DataSource,
  of: { readonly manager: EntityManager; readonly signal: AbortSignal },
  work: () => Promise<T>,
): Promise<T> {
  const [row] = await queryRows<{ pid: number }>(of.manager, 'SELECT pg_backend_pid() AS pid', []);
  let cancelling: Promise<unknown> | undefined;
  const cancel = () => {
    cancelling ??= dataSource.query('SELECT pg_cancel_backend($1)', [row?.pid]).catch(() => undefined); // it then runs to its end, as it would without
  };
  of.signal.addEventListener('abort', cancel);
  try {
    of.signal.throwIfAborted();
    return await work();
  } finally {
    of.signal.removeEventListener('abort', cancel);
    await cancelling; // or it could meet whoever has the connection next
  }
}
