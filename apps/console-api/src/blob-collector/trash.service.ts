import { Inject, Injectable } from '@nestjs/common';
import { DataSource } from 'typeorm';
import { BlobStore } from '../blobs/blob-store.ts';
import { packKey } from '../blobs/pack.service.ts';
import type { JobCounts } from '../jobs/periodic-job.ts';
import { COLLECTOR_SETTINGS, PASS_PAUSE_MS, type CollectorSettings } from './collector-settings.ts';
import {
  adoptOrphans,
  deletePackRows,
  listExpiredPacks,
  parsePackKey,
  type OrphanObject,
  type PackId,
} from './pack-trash.store.ts';
import { START, walkPass, withinBudget, type SliceResult } from './pass.ts';
import type { Position } from './pass.store.ts';

const PAGE = 500;
const DELETES_AT_ONCE = 8;
/** As many as S3 answers at once. */
const LISTED_AT_ONCE = 1000;

/**
 * The trash of objects: what lies in it stays under its own key, so that an older database that is restored finds it there.
 * Objects go before their rows: ended in between, the next run removes them again, which is no error.
 */
@Injectable()
export class TrashService {
  constructor(
    private readonly dataSource: DataSource,
    private readonly blobs: BlobStore,
    @Inject(COLLECTOR_SETTINGS) private readonly settings: CollectorSettings,
  ) {}

  async run(signal: AbortSignal, pauseMs?: number): Promise<JobCounts> {
    return { ...(await this.adoptOrphans(signal, pauseMs)), ...(await this.empty(signal)) };
  }

  /** Looks at every object of the store, page by page: a large one takes many runs. Answers nothing while it rests. */
  adoptOrphans(signal: AbortSignal, pauseMs: number = PASS_PAUSE_MS.orphans): Promise<JobCounts> {
    const bornBefore = Date.now() - this.settings.orphanMs;
    const slice = (after: Position) => this.#adoptPage(after, bornBefore);
    const plan = { name: 'orphans', pauseMs, budgetMs: this.settings.budgetMs, slice };
    return walkPass(this.dataSource, plan, signal);
  }

  async empty(signal: AbortSignal): Promise<JobCounts> {
    const { manager } = this.dataSource;
    const goesOn = withinBudget(this.settings.budgetMs, signal);
    let deletedObjects = 0;
    while (goesOn()) {
      const packs = await listExpiredPacks(manager, { limit: PAGE, trashMs: this.settings.trashMs });
      if (packs.length === 0) break;
      await this.#deleteObjects(packs);
      await deletePackRows(manager, packs);
      deletedObjects += packs.length;
    }
    return { deletedObjects };
  }

  async #adoptPage(after: Position, bornBefore: number): Promise<SliceResult> {
    const orphans: OrphanObject[] = [];
    let [seen, last] = [0, ''];
    for await (const blob of this.blobs.list('', toKey(after))) {
      const object = parsePackKey(blob);
      if (object && object.beganMs <= bornBefore) orphans.push(object);
      [seen, last] = [seen + 1, blob.key];
      if (seen === LISTED_AT_ONCE) break;
    }
    const counts = { adoptedOrphans: await adoptOrphans(this.dataSource.manager, orphans) };
    return { counts, last: seen < LISTED_AT_ONCE ? undefined : toPosition(last) };
  }

  async #deleteObjects(packs: readonly PackId[]): Promise<void> {
    for (let start = 0; start < packs.length; start += DELETES_AT_ONCE) {
      const some = packs.slice(start, start + DELETES_AT_ONCE);
      await Promise.all(some.map((pack) => this.blobs.delete(packKey(pack.enterpriseId, pack.packId))));
    }
  }
}

/** Keys of a store begin with the enterprise; what else lies there is walked over by its key as well. */
function toPosition(key: string): Position {
  const [enterpriseId = '', ...rest] = key.split('/');
  return { enterpriseId, id: rest.join('/') };
}

function toKey({ enterpriseId, id }: Position): string | undefined {
  if (enterpriseId === START.enterpriseId) return undefined;
  return id === '' ? enterpriseId : `${enterpriseId}/${id}`;
}
