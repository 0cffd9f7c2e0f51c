export * from './memory-base.ts';
export * from './memory-journal.ts';
