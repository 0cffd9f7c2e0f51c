import { z } from 'zod';
import { errorCode, NodeKind } from './drive.ts';
import { NodeId, SizeBytes, SpaceId, Timestamp } from './ids.ts';

export const RestoreId = z.uuid().brand<'RestoreId'>();
export type RestoreId = z.infer<typeof RestoreId>;

/** `planning` → `planned` (the preview) → `applying` → `done`; `cancelled` and `failed` end it from anywhere before. */
export const RestoreState = z.enum(['planning', 'planned', 'applying', 'done', 'cancelled', 'failed']);
export type RestoreState = z.infer<typeof RestoreState>;

/**
 * What one step does. `move`: back to its place. `aside`: out of the way of another one, until its own turn. `bring_back`: out of
 * the bin to its place. `recreate`: purged since, made again. `version`: the old content as new head. `meta`: time and executable
 * bit. `trash`: made or moved here since, goes to the bin.
 */
export const RestoreStepKind = z.enum(['move', 'aside', 'bring_back', 'recreate', 'version', 'meta', 'trash']);
export type RestoreStepKind = z.infer<typeof RestoreStepKind>;

export const RestoreRequest = z.object({ at: Timestamp });

/** VE-4: a folder as it was at a moment. */
export const RestoreJob = z.object({
  id: RestoreId,
  spaceId: SpaceId,
  folderId: NodeId,
  at: Timestamp,
  state: RestoreState,
  /** Why it failed. */
  failure: errorCode.nullable(),
  /** Steps by kind, complete from `planned` on. */
  counts: z.partialRecord(RestoreStepKind, z.int()),
  steps: z.int(),
  done: z.int(),
  /** Steps that could not be done; each says why. */
  refused: z.int(),
  /**
   * Nodes that were there and went for good or to another space, and that no step makes again: nothing but their number is told.
   * Complete from `planned` on; 0 in one's own personal space, where `recreate` brings them back, as it does for drive admins in shared
   * ones wherever it is known who may see them.
   */
  gone: z.int(),
  createdAt: Timestamp,
});
export type RestoreJob = z.infer<typeof RestoreJob>;

export const RestoreStep = z.object({
  ordinal: z.int(),
  kind: RestoreStepKind,
  nodeId: NodeId,
  nodeKind: NodeKind,
  /** Path below the folder now; `null`: not below it now. */
  fromPath: z.string().nullable(),
  /** Path below the folder afterwards; `null`: in the bin. */
  toPath: z.string().nullable(),
  /** Size of the content that comes back. */
  size: SizeBytes.nullable(),
  state: z.enum(['pending', 'done', 'refused']),
  code: errorCode.nullable(),
});
export type RestoreStep = z.infer<typeof RestoreStep>;

export const RestoreStepsQuery = z.object({
  after: z.coerce.number().int().min(0).default(0),
  limit: z.coerce.number().int().min(1).max(1000).default(200),
  state: z.enum(['pending', 'done', 'refused']).optional(),
});
export const RestoreStepsAnswer = z.object({ steps: z.array(RestoreStep), next: z.int().nullable() });
