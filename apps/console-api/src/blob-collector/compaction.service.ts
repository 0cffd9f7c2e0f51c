import { Inject, Injectable } from '@nestjs/common';
import { DataSource } from 'typeorm';
import { v7 as uuidv7 } from 'uuid';
import { BlobStore } from '../blobs/blob-store.ts';
import { packKey } from '../blobs/pack.service.ts';
import type { JobCounts } from '../jobs/periodic-job.ts';
import { inTransaction } from '../platform/transaction.ts';
import { COLLECTOR_SETTINGS, type CollectorSettings } from './collector-settings.ts';
import { groupPacks, type SparsePack } from './compaction-group.ts';
import {
  listMovableChunks,
  listSparsePacks,
  moveChunks,
  type MovedChunk,
  type PlacedChunk,
} from './compaction.store.ts';
import { readVerified } from './pack-check.ts';
import { addCounts, START, withinBudget } from './pass.ts';
import type { Position } from './pass.store.ts';

const PACKS_SLICE = 500;

/**
 * Writes packs that are half empty, and many small ones, together into new ones. First the bytes, verified and durable, then
 * the rows in one transaction. The old objects stay as long as anything in the trash does: a reader that looked up a place
 * just before finds its bytes there.
 */
@Injectable()
export class CompactionService {
  constructor(
    private readonly dataSource: DataSource,
    private readonly blobs: BlobStore,
    @Inject(COLLECTOR_SETTINGS) private readonly settings: CollectorSettings,
  ) {}

  async run(signal: AbortSignal): Promise<JobCounts> {
    const goesOn = withinBudget(this.settings.budgetMs, signal);
    let counts: JobCounts = {};
    let after: Position | undefined = START;
    while (after && goesOn()) {
      const slice = { after, limit: PACKS_SLICE, olderThanMs: this.settings.compactAfterMs };
      const packs: SparsePack[] = await listSparsePacks(this.dataSource.manager, slice);
      for (const group of groupPacks(packs)) {
        if (!goesOn()) return counts;
        counts = addCounts(counts, await this.#rewrite(group));
      }
      const last = packs.length === PACKS_SLICE ? packs.at(-1) : undefined;
      after = last && { enterpriseId: last.enterpriseId, id: last.packId };
    }
    return counts;
  }

  async #rewrite(group: readonly SparsePack[]): Promise<JobCounts> {
    const enterpriseId = group[0]?.enterpriseId ?? '';
    const packIds = group.map((pack) => pack.packId);
    const chunks = await listMovableChunks(this.dataSource.manager, enterpriseId, packIds);
    if (chunks.length === 0) return {};
    const packId = uuidv7();
    const copy = new Copy(this.blobs, enterpriseId, chunks);
    const sizeBytes = await this.blobs.put(packKey(enterpriseId, packId), copy.bytes());
    const pack = { packId, sizeBytes, moved: copy.moved };
    const moved = await inTransaction(this.dataSource, (manager) => moveChunks(manager, enterpriseId, pack));
    return { compactedPacks: group.length, movedChunks: moved, unreadableChunks: chunks.length - copy.moved.length };
  }
}

/** Yields the bytes of the chunks that are sound, and remembers where each comes to lie. The others stay: scrub reports them. */
class Copy {
  readonly moved: MovedChunk[] = [];
  readonly #blobs: BlobStore;
  readonly #enterpriseId: string;
  readonly #byPack: Map<string, PlacedChunk[]>;

  constructor(blobs: BlobStore, enterpriseId: string, chunks: readonly PlacedChunk[]) {
    this.#blobs = blobs;
    this.#enterpriseId = enterpriseId;
    this.#byPack = Map.groupBy(chunks, (chunk) => chunk.packId);
  }

  async *bytes(): AsyncIterable<Uint8Array> {
    let newOffset = 0;
    for (const [packId, chunks] of this.#byPack) {
      for await (const state of readVerified(this.#blobs, packKey(this.#enterpriseId, packId), chunks)) {
        if ('damage' in state) continue;
        this.moved.push({ ...state.chunk, newOffset });
        newOffset += state.chunk.sizeBytes;
        yield state.bytes;
      }
    }
  }
}
