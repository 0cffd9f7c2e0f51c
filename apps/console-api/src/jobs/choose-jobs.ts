import type { JobRun } from './job-run.store.ts';
import type { JobLane, PeriodicJob } from './periodic-job.ts';

/**
 * Jobs of one console that run at once. Each uses one connection at a time: requests keep more than half of the pool (20). Short
 * work is never behind long, and the disk is read for one job at a time.
 */
export const LANE_WIDTHS: Readonly<Record<JobLane, number>> = { prompt: 2, long: 4, bytes: 1 };
/** A job that failed is tried again after this, or after its own time if that is sooner. */
export const RETRY_MS = 60_000;

/** What is due and has room in its lane, those that have waited longest first. */
export function chooseJobs(
  jobs: readonly PeriodicJob[],
  seen: { readonly runs: readonly JobRun[]; readonly running: readonly PeriodicJob[]; readonly now: Date },
): PeriodicJob[] {
  const last = new Map(seen.runs.map((run) => [run.name, run]));
  const free = new Map(
    Object.entries(LANE_WIDTHS).map(([lane, width]) => [
      lane,
      width - seen.running.filter((job) => job.lane === lane).length,
    ]),
  );
  const due = jobs
    .filter((job) => !seen.running.includes(job) && last.get(job.name)?.isHeld !== true)
    .map((job) => ({ job, dueMs: dueAt(job, last.get(job.name)) }))
    .filter(({ dueMs }) => dueMs <= seen.now.getTime())
    .sort((one, other) => one.dueMs - other.dueMs);
  return due.flatMap(({ job }) => {
    const left = free.get(job.lane) ?? 0;
    free.set(job.lane, left - 1);
    return left > 0 ? [job] : [];
  });
}

/** A run whose time was over goes on as soon as those have had their turn that waited longer. */
function dueAt(job: PeriodicJob, run: JobRun | undefined): number {
  if (!run?.endedAt) return 0;
  if (run.isCut) return run.endedAt.getTime();
  return run.endedAt.getTime() + (run.error === null ? job.everyMs : Math.min(RETRY_MS, job.everyMs));
}
