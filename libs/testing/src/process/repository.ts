import { join, resolve } from 'node:path';

/** Works from `src` and from `dist` alike: both lie two folders below the library. */
export const REPOSITORY = resolve(import.meta.dirname, '../../../..');
export const CONSOLE_MAIN = join(REPOSITORY, 'apps/console-api/dist/main.js');
export const AGENT_MAIN = join(REPOSITORY, 'apps/agent/dist/main.js');
export const LEASH = join(REPOSITORY, 'tools/lib/leash.mjs');
