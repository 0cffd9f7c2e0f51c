/** Counts for the record, such as `{ versions: 12 }`. */
export type JobCounts = Readonly<Record<string, number>>;

/**
 * Work that the server does by itself, again and again. It works in slices of one short transaction each, asks `signal` between
 * them, and may be ended at any line: what is left is found by the next run.
 */
export type PeriodicJob = {
  readonly name: string;
  readonly everyMs: number;
  run(signal: AbortSignal): Promise<JobCounts>;
};
