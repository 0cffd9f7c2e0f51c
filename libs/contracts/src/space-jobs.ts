import { z } from 'zod';
import { Timestamp, UserId } from './ids.ts';
import { RestoreJob } from './restore.ts';
import { CopyAnswer } from './retention.ts';

/** Copies or restores of a space: the newest first, those that ended within the last 30 days included. */
export const SpaceJobsQuery = z.object({
  /** The last one of the page before. */
  after: z.uuid().optional(),
  limit: z.coerce.number().int().min(1).max(100).default(50),
});

/** Who asked for it. */
const requester = z.object({ id: UserId, name: z.string() });

/** `node` is `null` to whoever does not see the copy, too. */
export const SpaceCopy = CopyAnswer.extend({ by: requester, createdAt: Timestamp });
export type SpaceCopy = z.infer<typeof SpaceCopy>;
/** `folderName`: `null` to whoever does not see the folder, and for the root of the space, which has no name. */
export const SpaceRestore = RestoreJob.extend({ by: requester, folderName: z.string().nullable() });
export type SpaceRestore = z.infer<typeof SpaceRestore>;

const next = z.uuid().nullable();
export const SpaceCopiesAnswer = z.object({ copies: z.array(SpaceCopy), next });
export const SpaceRestoresAnswer = z.object({ restores: z.array(SpaceRestore), next });
