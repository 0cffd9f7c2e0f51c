import type { DiskResult, PlaceRequest } from '@tideline/sync-core';
import { codeOf } from '../scan/system-error.ts';
import type { DiskClient } from './disk-client.ts';
import type { Flush } from './flush.ts';
import { placedOf, stagedPath, swapsOf, type Placed } from './place.ts';

type Parts = {
  readonly call: DiskClient['call'];
  readonly flush: (what: Flush) => Promise<readonly string[]>;
};

/** Up to so many files one call does everything; more go in steps, so that one batch is written while another is flushed. */
const AT_ONCE = 12;

/** `place` in the same order, its steps shared with other batches. */
export async function placeMany({ call, flush }: Parts, requests: readonly PlaceRequest[]): Promise<readonly Placed[]> {
  if (requests.length <= AT_ONCE) return call('place', requests);
  const prepared = await call('prepare', requests);
  try {
    await flush({ files: prepared.flatMap(stagedPath), folders: [] });
    const swapped = await call('swapIn', swapsOf(requests, prepared));
    if (swapped.t !== 'done') return requests.map(() => swapped);
    const lost = await flush({ files: [], folders: swapped.touched });
    return placedOf(requests, { prepared, results: swapped.results, lost });
  } catch (error) {
    const code = codeOf(error);
    if (code === 'UNKNOWN') throw error;
    return requests.map((): DiskResult<never> => ({ t: 'refused', code }));
  }
}
