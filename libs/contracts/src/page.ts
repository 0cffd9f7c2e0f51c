import { z } from 'zod';
import { Text } from './text.ts';

/** Of a list that is read page by page: `after` is the `next` of the page before. */
export const PageQuery = z.object({
  after: Text.max(1000).optional(),
  limit: z.coerce.number().int().min(1).max(1000).default(200),
});
/** Where the next page begins; null: there is none. */
export const NextPage = z.string().nullable();
