export * from './model/plan.ts';
export * from './model/policy.ts';
export * from './model/tree.ts';
export * from './ports/clock.ts';
export * from './ports/cloud.ts';
export * from './ports/disk.ts';
export * from './ports/journal.ts';
export * from './ports/scanner.ts';
