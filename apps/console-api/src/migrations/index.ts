import type { MigrationInterface } from 'typeorm';

/** Every migration, in the order in which it runs. Appended to, never reordered; a merged one is never edited. */
export const migrations: (new () => MigrationInterface)[] = [];
