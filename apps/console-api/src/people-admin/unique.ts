import { AppError } from '@tideline/contracts';
import { isUniqueViolation } from '../platform/transaction.ts';

/** A name or address that is taken, found by the constraint that keeps it unique. */
export async function orAlreadyExists<T>(what: string, work: () => Promise<T>): Promise<T> {
  try {
    return await work();
  } catch (error) {
    if (!isUniqueViolation(error)) throw error;
    throw new AppError('ALREADY_EXISTS', { what }, { cause: error });
  }
}
