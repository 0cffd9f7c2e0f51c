import type { BigIntStats } from 'node:fs';

/** Two names of one file. */
export const isSameFile = (a: BigIntStats, b: BigIntStats | undefined): boolean =>
  b !== undefined && a.ino === b.ino && a.dev === b.dev;
