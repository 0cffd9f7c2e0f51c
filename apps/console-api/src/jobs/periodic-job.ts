/** Counts for the record, such as `{ versions: 12 }`. */
export type JobCounts = Readonly<Record<string, number>>;

/** `prompt`: short work that somebody waits for; `long`: as much as there is to do; `bytes`: reads and writes blobs. */
export type JobLane = 'prompt' | 'long' | 'bytes';

/**
 * Work that the server does by itself, again and again. It works in slices of one short transaction each and may be ended at any
 * line: what is left is found by the next run, which begins where this one ended if the whole may take longer than a run may.
 * - `signal` is asked between slices: the time of the run is over, or the console stops.
 * - `stop` is for a slice that takes long: it has to end now, as the console stops or no longer holds the job.
 */
export type PeriodicJob = {
  readonly name: string;
  readonly lane: JobLane;
  readonly everyMs: number;
  /** How long a run may take, where that is not the usual. */
  readonly budgetMs?: number;
  run(signal: AbortSignal, stop: AbortSignal): Promise<JobCounts>;
};
