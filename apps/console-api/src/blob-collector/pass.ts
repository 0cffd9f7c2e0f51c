import type { DataSource, EntityManager } from 'typeorm';
import type { JobCounts } from '../jobs/periodic-job.ts';
import { findPass, savePass, startPass, type Position } from './pass.store.ts';

/** Before the first row of every table whose keys are an enterprise and an id or a hash. */
export const START: Position = { enterpriseId: '00000000-0000-0000-0000-000000000000', id: '' };

/** What a slice did, and where it ended: `undefined` at the end of the table. */
export type SliceResult = { readonly counts: JobCounts; readonly last: Position | undefined };
export type PassPlan = {
  readonly name: string;
  /** From the end of one pass to the start of the next. */
  readonly pauseMs: number;
  readonly budgetMs: number;
  readonly slice: (after: Position) => Promise<SliceResult>;
};

/**
 * Walks over a whole table slice by slice, and goes on where the last run ended, also after a restart. A slice that was done
 * but not noted is done again. Answers the counts of this run.
 */
export async function walkPass(dataSource: DataSource, plan: PassPlan, signal: AbortSignal): Promise<JobCounts> {
  const { manager } = dataSource;
  const begun = await beginOrResume(manager, plan);
  if (!begun) return {};
  let { after, counts: total } = begun;
  let counts: JobCounts = {};
  const goesOn = withinBudget(plan.budgetMs, signal);
  while (goesOn()) {
    const slice = await plan.slice(after);
    counts = addCounts(counts, slice.counts);
    total = addCounts(total, slice.counts);
    await savePass(manager, plan.name, { after: slice.last ?? null, counts: total, ended: !slice.last });
    if (!slice.last) break;
    after = slice.last;
  }
  return counts;
}

/** `undefined` when the last pass ended too short ago. */
async function beginOrResume(
  manager: EntityManager,
  plan: PassPlan,
): Promise<{ after: Position; counts: JobCounts } | undefined> {
  const known = await findPass(manager, plan.name);
  if (known?.endedAt === null) return { after: known.after ?? START, counts: known.counts };
  if (known && known.restedMs !== null && known.restedMs < plan.pauseMs) return undefined;
  await startPass(manager, plan.name);
  return { after: START, counts: {} };
}

/** Whether there is time left; true at least once, so that every run gets on. */
export function withinBudget(budgetMs: number, signal: AbortSignal): () => boolean {
  const endMs = performance.now() + budgetMs;
  let asked = false;
  return () => {
    const goesOn = !signal.aborted && (!asked || performance.now() < endMs);
    asked = true;
    return goesOn;
  };
}

export function addCounts(one: JobCounts, other: JobCounts): JobCounts {
  const sum: Record<string, number> = { ...one };
  for (const [name, count] of Object.entries(other)) sum[name] = (sum[name] ?? 0) + count;
  return sum;
}
