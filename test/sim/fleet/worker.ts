import { createHash } from 'node:crypto';
import { inSlices, planOf, SMALL, WHOLE, type Plan } from './plan.ts';
import { play, shrink } from './shrink.ts';
import { sweep, type SweptCall } from './sweep.ts';

/**
 * A worker process of a simulation: takes jobs from its parent, one at a time, and answers each. A run is played twice where its
 * determinism is to be checked: what it wrote down must be the same to the letter.
 */
export type Job =
  | ({ readonly t: 'run'; readonly twice: boolean } & Seeded)
  | ({ readonly t: 'seed' } & Seeded & Replay)
  | ({ readonly t: 'plan'; readonly plan: Plan } & Replay)
  | { readonly t: 'sweep'; readonly seed: number; readonly on: SweptCall };
type Seeded = {
  readonly seed: number;
  readonly isSmall: boolean;
  readonly inSlices?: boolean;
  readonly withHfs?: boolean;
};
type Replay = { readonly isShrunk: boolean; readonly withLog: boolean };

const SHRINK_CPU_MS = 90_000;

export async function work(job: Job): Promise<object> {
  if (job.t === 'run') return run(job);
  if (job.t === 'sweep') return { seed: job.seed, on: job.on, ...(await sweep(job.seed, job.on)) };
  const whole = job.t === 'plan' ? job.plan : seededPlan(job);
  const outcome = await play(whole);
  if (!job.isShrunk || !outcome.failure) return { ...outcome, log: job.withLog ? outcome.log : [] };
  const since = process.cpuUsage().user;
  const plan = await shrink(
    outcome.plan,
    outcome.failure,
    () => process.cpuUsage().user - since < SHRINK_CPU_MS * 1000,
  );
  const shrunk = await play(plan);
  return { ...shrunk, plan, log: job.withLog ? shrunk.log : [] };
}

function seededPlan(job: Seeded): Plan {
  const plan = planOf(job.seed, job.isSmall ? SMALL : WHOLE, job.withHfs);
  return job.inSlices ? inSlices(plan) : plan;
}

async function run(job: Extract<Job, { t: 'run' }>): Promise<object> {
  const { seed, twice } = job;
  const plan = seededPlan(job);
  const { failure, stats, log } = await play(plan);
  const again = twice ? await play(plan) : null;
  if (again && digestOf(again.log) !== digestOf(log)) {
    const at = log.findIndex((line, index) => line !== again.log[index]);
    const message = `the same seed went another way at: ${log[at]} / ${again.log[at]}`;
    return { seed, stats, failure: failure ?? { invariant: 'determinism', message } };
  }
  return { seed, stats, failure };
}

const digestOf = (log: readonly string[]): string => createHash('sha256').update(log.join('\n')).digest('hex');

/** Whoever asked may have gone meanwhile. */
function tell(answer: unknown): void {
  if (process.connected) process.send?.(answer, () => undefined);
}

process.on('message', (job: Job) => {
  void work(job).then(tell, (error: unknown) => {
    const message = error instanceof Error ? (error.stack ?? error.message) : String(error);
    const seed = job.t === 'plan' ? job.plan.seed : job.seed;
    tell({ seed, stats: null, failure: { invariant: 'I0', message } });
  });
});
tell('ready');
