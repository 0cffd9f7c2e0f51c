/** One line of the table: what was asked for, what was measured, and what bounds it. */
export type BenchRow = {
  readonly work: string;
  readonly aim: string;
  readonly measured: string;
  readonly isMet: boolean;
  /** Where the time goes, in a few words; absent where nothing was looked at. */
  readonly boundBy?: string;
};

export function toTable(rows: readonly BenchRow[]): string {
  const lines = rows.map(({ work, aim, measured, isMet, boundBy }) =>
    [work, aim, measured, isMet ? 'met' : 'missed', boundBy ?? ''].join(' | '),
  );
  return ['work | aim | measured | | bound by', '---|---|---|---|---', ...lines]
    .map((line) => `| ${line} |`)
    .join('\n');
}

/** The smallest value that at least `share` of all are not above. */
export function percentile(values: readonly number[], share: number): number {
  const sorted = values.toSorted((one, other) => one - other);
  return sorted[Math.max(0, Math.ceil(sorted.length * share) - 1)] ?? Number.NaN;
}

export async function timed<T>(work: () => Promise<T>): Promise<{ readonly seconds: number; readonly answer: T }> {
  const startedAt = performance.now();
  const answer = await work();
  return { seconds: (performance.now() - startedAt) / 1000, answer };
}

/** With as many digits as a single run can be trusted for. */
export function figure(value: number, unit: string): string {
  const text = value >= 100 ? Math.round(value).toLocaleString('en') : value.toPrecision(2);
  return `${text} ${unit}`;
}
