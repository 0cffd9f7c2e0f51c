import { AppError, type EnterpriseId, type SpaceId } from '@tideline/contracts';
import type { DataSource, EntityManager } from 'typeorm';
import { inTransaction } from '../platform/transaction.ts';
import { findAndLockSpace, type LockedSpace, type SpaceKey } from './batch.store.ts';

/** So often a node may go on to yet another space while the one where it was is waited for. */
const MAX_TRIES = 5;

export type InSpace = { readonly manager: EntityManager; readonly key: SpaceKey; readonly space: LockedSpace };

/** Says in which space the node is and throws what forbids the work there. */
type Decide = (manager: EntityManager) => Promise<SpaceId>;

/**
 * Works on a node in one transaction under the lock of its space. While that is waited for, the node may come into another space
 * and rights may change: everything is decided once more under the lock, and anew where the node is then.
 */
export async function inSpaceOf<T>(
  dataSource: DataSource,
  { enterpriseId, decide }: { readonly enterpriseId: EnterpriseId; readonly decide: Decide },
  work: (opened: InSpace) => Promise<T>,
): Promise<T> {
  for (let attempt = 1; attempt <= MAX_TRIES; attempt++) {
    // A transaction of its own for each: two spaces are locked in the order of their ids only.
    const done = await inTransaction(dataSource, async (manager) => {
      const key = { enterpriseId, spaceId: await decide(manager) };
      const space = await findAndLockSpace(manager, key);
      if (!space || (await decide(manager)) !== key.spaceId) return undefined;
      return { answer: await work({ manager, key, space }) };
    });
    if (done) return done.answer;
  }
  throw new AppError('UNAVAILABLE');
}
