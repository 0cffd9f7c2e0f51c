import { Injectable, type OnModuleInit } from '@nestjs/common';
import { DEFAULT_RETENTION } from '@tideline/contracts';
import { DataSource, type EntityManager } from 'typeorm';
import { removePastGrants } from '../grants/past-grants.ts';
import { JobRunner } from '../jobs/job-runner.ts';
import type { JobCounts, PeriodicJob } from '../jobs/periodic-job.ts';
import { Clock } from '../platform/clock.ts';
import { inTransaction } from '../platform/transaction.ts';
import { daysBefore, historyDays, TOMBSTONE_DAYS } from './history-keep.ts';
import {
  advanceHorizon,
  findSeqBefore,
  listSpacesToPrune,
  removeAnswers,
  removeHistory,
  removeTokens,
  type Horizon,
  type PrunedSpace,
  type Slice,
  type SliceAnswer,
} from './prune.store.ts';
import type { SpaceKey } from './feed.store.ts';

const SPACES_PER_SLICE = 100;
const ROWS_PER_SLICE = 5000;
/** An operation that is sent again after this is taken for a new one. */
const ANSWER_DAYS = 30;

export const PRUNE_JOB = 'prune-history';

/** Takes away the past that nobody can ask for any more: ended states, what was given on folders, tombstones, commit tokens and answers. */
@Injectable()
export class PruneJob implements PeriodicJob, OnModuleInit {
  readonly name = PRUNE_JOB;
  readonly lane = 'long';
  readonly everyMs = 6 * 60 * 60 * 1000;
  /** A run that is cut leaves its place to the next one: the last space whose states were looked at, and how far the next one's were. */
  #after: SpaceKey | undefined;
  #within: { readonly spaceId: string; readonly afterSeq: number } | undefined;

  constructor(
    private readonly dataSource: DataSource,
    private readonly clock: Clock,
    private readonly jobs: JobRunner,
  ) {}

  onModuleInit(): void {
    this.jobs.register(this);
  }

  async run(signal: AbortSignal): Promise<JobCounts> {
    let counts = { spaces: 0, states: 0, tokens: 0, answers: await this.#removeAnswers(signal) };
    for (;;) {
      const found = await listSpacesToPrune(this.dataSource.manager, this.#after, SPACES_PER_SLICE);
      if (found.length === 0) this.#after = undefined;
      if (found.length === 0) return counts;
      for (const space of found) {
        if (signal.aborted) return counts;
        const { states, tokens } = await this.#prune(space, signal);
        const { spaces, answers } = counts;
        counts = { spaces: spaces + 1, states: counts.states + states, tokens: counts.tokens + tokens, answers };
      }
    }
    return counts;
  }

  async #prune(space: PrunedSpace, signal: AbortSignal): Promise<{ states: number; tokens: number }> {
    const horizon = await this.#findHorizon(space);
    const isNew = horizon.feedFromSeq > space.feedFromSeq || horizon.historyFromSeq > space.historyFromSeq;
    if (isNew) await advanceHorizon(this.dataSource.manager, space, horizon);
    const pruned = { ...space, ...horizon };
    const states = await this.#removeHistory(pruned, signal);
    await this.#inSlices(signal, (manager) => removePastGrants(manager, pruned, ROWS_PER_SLICE));
    if (this.#within === undefined) this.#after = space;
    return { states, tokens: await this.#removeTokens(pruned, signal) };
  }

  async #findHorizon(space: PrunedSpace): Promise<Horizon> {
    const { manager } = this.dataSource;
    const now = this.clock.now();
    const days = historyDays({
      keepDays: space.keepDays ?? DEFAULT_RETENTION.keepDays,
      binDays: space.binDays ?? DEFAULT_RETENTION.binDays,
    });
    const [feed, history] = [daysBefore(now, TOMBSTONE_DAYS), daysBefore(now, days)];
    return {
      feedFromSeq: await findSeqBefore(manager, space, { fromSeq: space.feedFromSeq, before: feed }),
      historyFromSeq: await findSeqBefore(manager, space, { fromSeq: space.historyFromSeq, before: history }),
    };
  }

  async #removeHistory(space: SpaceKey & Horizon, signal: AbortSignal): Promise<number> {
    let removed = 0;
    let afterSeq: number | null = this.#within?.spaceId === space.spaceId ? this.#within.afterSeq : 0;
    while (afterSeq !== null && !signal.aborted) {
      const slice: Slice = { afterSeq, limit: ROWS_PER_SLICE };
      const answer: SliceAnswer = await inTransaction(this.dataSource, (manager) =>
        removeHistory(manager, space, slice),
      );
      removed += answer.removed;
      afterSeq = answer.lastSeq;
    }
    this.#within = afterSeq === null ? undefined : { spaceId: space.spaceId, afterSeq };
    return removed;
  }

  #removeTokens(space: SpaceKey & Horizon, signal: AbortSignal): Promise<number> {
    return this.#inSlices(signal, (manager) => removeTokens(manager, space, ROWS_PER_SLICE));
  }

  #removeAnswers(signal: AbortSignal): Promise<number> {
    const before = daysBefore(this.clock.now(), ANSWER_DAYS);
    return this.#inSlices(signal, (manager) => removeAnswers(manager, before, ROWS_PER_SLICE));
  }

  /** Until a slice finds less than it could take. */
  async #inSlices(signal: AbortSignal, remove: (manager: EntityManager) => Promise<number>): Promise<number> {
    for (let removed = 0; ;) {
      const more = await inTransaction(this.dataSource, remove);
      removed += more;
      if (more < ROWS_PER_SLICE || signal.aborted) return removed;
    }
  }
}
