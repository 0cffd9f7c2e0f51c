import { Inject, Injectable } from '@nestjs/common';
import { DataSource } from 'typeorm';
import { BlobStore } from '../blobs/blob-store.ts';
import { packKey } from '../blobs/pack.service.ts';
import type { JobCounts } from '../jobs/periodic-job.ts';
import { COLLECTOR_SETTINGS, type CollectorSettings } from './collector-settings.ts';
import {
  adoptOrphans,
  deletePackRows,
  listExpiredPacks,
  parsePackKey,
  type OrphanObject,
  type PackId,
} from './pack-trash.store.ts';
import { withinBudget } from './pass.ts';

const PAGE = 500;
const DELETES_AT_ONCE = 8;

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

  async run(signal: AbortSignal): Promise<JobCounts> {
    return { ...(await this.adoptOrphans(signal)), ...(await this.empty(signal)) };
  }

  async adoptOrphans(signal: AbortSignal): Promise<JobCounts> {
    const { manager } = this.dataSource;
    const bornBefore = Date.now() - this.settings.orphanMs;
    let page: OrphanObject[] = [];
    let adoptedOrphans = 0;
    for await (const blob of this.blobs.list('')) {
      if (signal.aborted) break;
      const object = parsePackKey(blob);
      if (object && object.beganMs <= bornBefore) page.push(object);
      if (page.length < PAGE) continue;
      adoptedOrphans += await adoptOrphans(manager, page);
      page = [];
    }
    adoptedOrphans += await adoptOrphans(manager, page);
    return { adoptedOrphans };
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

  async #deleteObjects(packs: readonly PackId[]): Promise<void> {
    for (let start = 0; start < packs.length; start += DELETES_AT_ONCE) {
      const some = packs.slice(start, start + DELETES_AT_ONCE);
      await Promise.all(some.map((pack) => this.blobs.delete(packKey(pack.enterpriseId, pack.packId))));
    }
  }
}
