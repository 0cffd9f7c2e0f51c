import { Inject, Injectable } from '@nestjs/common';
import { DataSource } from 'typeorm';
import { BlobStore } from '../blobs/blob-store.ts';
import { packKey } from '../blobs/pack.service.ts';
import type { JobCounts } from '../jobs/periodic-job.ts';
import { inTransaction } from '../platform/transaction.ts';
import { COLLECTOR_SETTINGS, PASS_PAUSE_MS, type CollectorSettings } from './collector-settings.ts';
import { readVerified } from './pack-check.ts';
import { walkPass, type SliceResult } from './pass.ts';
import type { Position } from './pass.store.ts';
import {
  deleteSettledFindings,
  findNextPack,
  listChunksOf,
  saveFindings,
  saveRecovered,
  type Finding,
  type ScrubbedPack,
} from './scrub.store.ts';

/**
 * Reads every chunk again and compares it with its hash. What is lost is noted, and from then on counts as missing: whoever
 * still holds the bytes is asked for them, and sending them heals the chunk.
 */
@Injectable()
export class ScrubService {
  constructor(
    private readonly dataSource: DataSource,
    private readonly blobs: BlobStore,
    @Inject(COLLECTOR_SETTINGS) private readonly settings: CollectorSettings,
  ) {}

  /** Goes on with the present pass, or starts one when the last ended longer than `pauseMs` ago. */
  async run(signal: AbortSignal, pauseMs: number = PASS_PAUSE_MS.scrub): Promise<JobCounts> {
    const { budgetMs } = this.settings;
    const plan = { name: 'scrub', pauseMs, budgetMs, slice: (after: Position) => this.#scrubNext(after) };
    const counts = await walkPass(this.dataSource, plan, signal);
    await deleteSettledFindings(this.dataSource.manager);
    return counts;
  }

  async #scrubNext(after: Position): Promise<SliceResult> {
    const pack = await findNextPack(this.dataSource.manager, after);
    if (!pack) return { last: undefined, counts: {} };
    const last = { enterpriseId: pack.enterpriseId, id: pack.packId };
    return { last, counts: { packs: 1, ...(await this.#scrub(pack)) } };
  }

  async #scrub(pack: ScrubbedPack): Promise<JobCounts> {
    const chunks = await listChunksOf(this.dataSource.manager, pack);
    const findings: Finding[] = [];
    const recovered: string[] = [];
    let bytes = 0;
    for await (const state of readVerified(this.blobs, packKey(pack.enterpriseId, pack.packId), chunks)) {
      bytes += state.chunk.sizeBytes;
      if ('damage' in state) findings.push({ hash: state.chunk.hash, damage: state.damage });
      else if (state.chunk.damaged) recovered.push(state.chunk.hash);
    }
    const newlyDamaged = await inTransaction(this.dataSource, async (manager) => {
      await saveRecovered(manager, pack, recovered);
      return saveFindings(manager, pack, findings);
    });
    const count = (damage: string) => findings.filter((finding) => finding.damage === damage).length;
    return { chunks: chunks.length, bytes, newlyDamaged, missing: count('missing'), corrupt: count('corrupt') };
  }
}
