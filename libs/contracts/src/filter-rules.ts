import { z } from 'zod';
import { Text } from './text.ts';
import { Throttle } from './throttle.ts';

/** Kinds of files that a filter can name at once; by the ending of their names, in any case. */
export const FileType = z.enum([
  'video',
  'audio',
  'image',
  'archive',
  'disk-image',
  'program',
  'database',
  'mail-store',
]);
export type FileType = z.infer<typeof FileType>;

const pattern = Text.max(1000);

/**
 * What leaves files out of a task. Any of them is enough; a pattern can only take back what a pattern of the same rules leaves out.
 * `maxFileBytes`: files larger than this, on whatever side; null: any size.
 */
export const FilterRules = z.object({
  /** gitignore syntax. */
  exclude: z.array(pattern).max(1000).default([]),
  excludeTypes: z.array(FileType).max(FileType.options.length).default([]),
  maxFileBytes: z.int().min(1).nullable().default(null),
});
export type FilterRules = z.infer<typeof FilterRules>;

export const NO_FILTER_RULES: FilterRules = { exclude: [], excludeTypes: [], maxFileBytes: null };

/** What an enterprise decides for all its devices. It holds besides what each task says, and nobody takes it back there. */
export const SyncPolicy = z.object({
  filter: FilterRules.prefault({}),
  /** Of each device, over all its tasks. */
  throttle: Throttle.prefault({}),
});
export type SyncPolicy = z.infer<typeof SyncPolicy>;
