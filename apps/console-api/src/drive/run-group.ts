import { AppError } from '@tideline/contracts';
import { databaseErrorCode, isUniqueViolation } from '../platform/transaction.ts';

const SQLSTATE = /^(?:[0-5][0-9A-Z]|F0|HV|P0|XX)[0-9A-Z]{3}$/;
/** Connection lost, server going down: whether the transaction was committed is not known. */
const UNKNOWN_END = /^(?:08|57P)/;

/**
 * Commits a group; when its transaction fails, each of its members by itself, in their order: what is wrong with one must not hit
 * the others. A constraint that fails although everything was checked under the lock is a race that only another space can run
 * (the same new id there): a member that fails by it is looked at once more, and the second look sees it and answers it.
 */
export async function runGroup<Job, Answer>(
  group: readonly [Job, ...Job[]],
  commit: (jobs: readonly [Job, ...Job[]]) => Promise<readonly Answer[]>,
): Promise<PromiseSettledResult<Answer>[]> {
  try {
    return (await commit(group)).map((value) => ({ status: 'fulfilled', value }));
  } catch (error) {
    if (!isRolledBack(error)) return group.map(() => ({ status: 'rejected', reason: error }));
    if (group.length === 1 && !isUniqueViolation(error)) return [{ status: 'rejected', reason: error }];
  }
  const results: PromiseSettledResult<Answer>[] = [];
  for (const job of group) results.push(...(await runAlone(job, commit, group.length > 1)));
  return results;
}

async function runAlone<Job, Answer>(
  job: Job,
  commit: (jobs: readonly [Job]) => Promise<readonly Answer[]>,
  mayTryAgain: boolean,
): Promise<PromiseSettledResult<Answer>[]> {
  const [result] = await Promise.allSettled([commit([job])]);
  if (result.status === 'fulfilled') return result.value.map((value) => ({ status: 'fulfilled', value }));
  return mayTryAgain && isUniqueViolation(result.reason) ? runAlone(job, commit, false) : [result];
}

/** Refused by us or by the database. Without an answer of the database the client asks again, and is told what became of it. */
function isRolledBack(error: unknown): boolean {
  if (error instanceof AppError) return true;
  const code = databaseErrorCode(error) ?? '';
  return SQLSTATE.test(code) && !UNKNOWN_END.test(code);
}
