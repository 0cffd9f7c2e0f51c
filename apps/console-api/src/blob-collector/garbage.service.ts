import { Inject, Injectable } from '@nestjs/common';
import { DataSource, type EntityManager } from 'typeorm';
import type { JobCounts } from '../jobs/periodic-job.ts';
import { inTransaction } from '../platform/transaction.ts';
import { COLLECTOR_SETTINGS, PASS_PAUSE_MS, type CollectorSettings } from './collector-settings.ts';
import { deleteExpiredUploads, lockMarkedChunks, markChunks, sweepLockedChunks } from './garbage.store.ts';
import {
  forgetGoneManifests,
  lockMarkedManifests,
  markManifests,
  sweepLockedManifests,
} from './manifest-garbage.store.ts';
import { retireEmptyPacks } from './pack-trash.store.ts';
import { addCounts, walkPass, withinBudget, type SliceResult } from './pass.ts';
import type { Position } from './pass.store.ts';

const MARK_SLICE = 5_000;
const SWEEP_SLICE = 1_000;
const UPLOADS_SLICE = 10_000;
const PACKS_SLICE = 500;

/**
 * Removes what nothing refers to: manifests, then their chunks, then the packs that are empty by that. Rows are marked first
 * and removed after a grace; each removal looks again under a lock that commits respect.
 */
@Injectable()
export class GarbageService {
  constructor(
    private readonly dataSource: DataSource,
    @Inject(COLLECTOR_SETTINGS) private readonly settings: CollectorSettings,
  ) {}

  /** One run of the job. */
  async run(signal: AbortSignal): Promise<JobCounts> {
    const done: JobCounts[] = [
      await this.mark(signal),
      await this.sweep(signal),
      await this.retire(signal),
      await this.expireUploads(signal),
    ];
    return done.reduce(addCounts, {});
  }

  async mark(signal: AbortSignal, pauseMs: number = PASS_PAUSE_MS.mark): Promise<JobCounts> {
    const pass = { pauseMs, budgetMs: this.settings.budgetMs };
    const manifests = { ...pass, name: 'mark-manifests', slice: (after: Position) => this.#markManifests(after) };
    const chunks = { ...pass, name: 'mark-chunks', slice: (after: Position) => this.#markChunks(after) };
    return addCounts(
      await walkPass(this.dataSource, manifests, signal),
      await walkPass(this.dataSource, chunks, signal),
    );
  }

  sweep(signal: AbortSignal): Promise<JobCounts> {
    const { unseenMs, sweepAfterMs } = this.settings;
    const slice = { limit: SWEEP_SLICE, sweepAfterMs };
    const sweepManifests = async (manager: EntityManager) => {
      const locked = await lockMarkedManifests(manager, slice);
      if (locked.length === 0) return undefined;
      return { sweptManifests: await sweepLockedManifests(manager, locked) };
    };
    const sweepChunks = async (manager: EntityManager) => {
      const locked = await lockMarkedChunks(manager, slice);
      if (locked.length === 0) return undefined;
      const { chunks, bytes } = await sweepLockedChunks(manager, locked, unseenMs);
      return { sweptChunks: chunks, sweptBytes: bytes };
    };
    const forgetManifests = async (manager: EntityManager) => {
      const forgottenManifests = await forgetGoneManifests(manager, slice);
      return forgottenManifests > 0 ? { forgottenManifests } : undefined;
    };
    return this.#untilDone([sweepManifests, sweepChunks, forgetManifests], signal);
  }

  retire(signal: AbortSignal): Promise<JobCounts> {
    const retire = async (manager: EntityManager) => {
      const retiredPacks = await retireEmptyPacks(manager, PACKS_SLICE);
      return retiredPacks > 0 ? { retiredPacks } : undefined;
    };
    return this.#untilDone([retire], signal);
  }

  expireUploads(signal: AbortSignal): Promise<JobCounts> {
    const expire = async (manager: EntityManager) => {
      const expiredUploads = await deleteExpiredUploads(manager, UPLOADS_SLICE);
      return expiredUploads > 0 ? { expiredUploads } : undefined;
    };
    return this.#untilDone([expire], signal);
  }

  async #markManifests(after: Position): Promise<SliceResult> {
    const found = await inTransaction(this.dataSource, (manager) =>
      markManifests(manager, { after, limit: MARK_SLICE }),
    );
    return { last: found.last, counts: { markedManifests: found.marked } };
  }

  async #markChunks(after: Position): Promise<SliceResult> {
    const { unseenMs } = this.settings;
    const slice = { after, limit: MARK_SLICE, unseenMs };
    const found = await inTransaction(this.dataSource, (manager) => markChunks(manager, slice));
    return { last: found.last, counts: { seenChunks: found.seen, markedChunks: found.marked } };
  }

  /** Each step in transactions of one slice, until it finds nothing more or the time is over. */
  async #untilDone(
    steps: readonly ((manager: EntityManager) => Promise<JobCounts | undefined>)[],
    signal: AbortSignal,
  ): Promise<JobCounts> {
    let counts: JobCounts = {};
    for (const step of steps) {
      const goesOn = withinBudget(this.settings.budgetMs, signal);
      while (goesOn()) {
        const done = await inTransaction(this.dataSource, step);
        if (!done) break;
        counts = addCounts(counts, done);
      }
    }
    return counts;
  }
}
