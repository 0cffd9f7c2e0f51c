import { AppError } from '@tideline/contracts';
import { databaseErrorCode } from '../platform/transaction.ts';

const UNIQUE_VIOLATION = '23505';

/** A name or address that is taken, found by the constraint that keeps it unique. */
export async function orAlreadyExists<T>(what: string, work: () => Promise<T>): Promise<T> {
  try {
    return await work();
  } catch (error) {
    if (databaseErrorCode(error) !== UNIQUE_VIOLATION) throw error;
    throw new AppError('ALREADY_EXISTS', { what }, { cause: error });
  }
}
