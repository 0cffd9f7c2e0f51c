import { z } from 'zod';
import { ChildrenQuery, DriveNode, NodeVersion, errorCode } from './drive.ts';
import { NodeId, OpId, SizeBytes, Timestamp, UserId, VersionId } from './ids.ts';
import { NodeName } from './names.ts';
import { Text } from './text.ts';

/** Nodes that one request of the recycle bin may name. */
export const MAX_BIN_NODES = 500;
/** Versions of one file that count and age leave alone because somebody pinned them (VE-1). */
export const MAX_PINNED_VERSIONS = 50;
/** Nodes that move to another space with their ids and all their versions, in one transaction. */
export const MAX_SPACE_MOVE_NODES = 5000;

/** Text that the database can hold. */
const text = (maxLength: number) => Text.max(maxLength);

/** What the bin holds, newest first: what was trashed itself, not what is below it. */
export const TrashQuery = ChildrenQuery.extend({
  /** Part of the name, in any case. */
  name: text(255).min(1).optional(),
  /** Who put it there. */
  by: UserId.optional(),
  from: Timestamp.optional(),
  until: Timestamp.optional(),
});
export const TrashedNode = DriveNode.extend({
  trashedBy: z.object({ userId: UserId, name: z.string() }).nullable(),
  /** Names of the folders it was trashed from, from below the root of the space on. */
  place: z.array(z.string()),
});
export type TrashedNode = z.infer<typeof TrashedNode>;

const nodeIds = z.array(NodeId).min(1).max(MAX_BIN_NODES);
export const BinRequest = z.object({ nodeIds });
const refused = z.object({ status: z.literal('refused'), nodeId: NodeId, code: errorCode });

/** VE-2: the same node at its original path. */
export const RestoreItem = z.discriminatedUnion('status', [
  z.object({
    status: z.literal('restored'),
    nodeId: NodeId,
    node: DriveNode,
    /** Its name, when somebody else has it now and the node got another one. */
    renamedFrom: z.string().nullable(),
    /** Folders that were made because they are gone or wait in the bin themselves. */
    recreated: z.array(DriveNode),
  }),
  refused,
]);
export type RestoreItem = z.infer<typeof RestoreItem>;
export const RestoreAnswer = z.object({ items: z.array(RestoreItem) });

export const PurgeItem = z.discriminatedUnion('status', [
  z.object({ status: z.literal('purged'), nodeId: NodeId }),
  refused,
]);
export type PurgeItem = z.infer<typeof PurgeItem>;
/** `pending`: it is out of the bin and cannot come back, but large folders are still being cleared away. */
export const PurgeAnswer = z.object({ items: z.array(PurgeItem), pending: z.boolean() });

/** `before`: only what was trashed before then; absent: everything there is now. */
export const EmptyBinRequest = z.object({ before: Timestamp.optional() });
/** `kept`: what the caller may not delete. `more`: not all was looked at in one go; ask again. */
export const EmptyBinAnswer = z.object({ purged: z.int(), kept: z.int(), pending: z.boolean(), more: z.boolean() });

export const UpdateVersion = z.object({
  pinned: z.boolean().optional(),
  description: text(1024).nullable().optional(),
});
export const RestoreVersion = z.object({ ifMatch: z.int().min(1).optional() });
export const RestoredVersion = z.object({ node: DriveNode, version: NodeVersion });
export const DeleteVersionQuery = z.object({
  /** Also the newest version that a device uploaded (UP-10). */
  evenProtected: z.enum(['true', 'false']).default('false'),
});

/** How long versions and the bin are kept (VE-1, VE-2); of one enterprise. */
export const RetentionPolicy = z.object({
  keepVersions: z.int().min(1).max(999),
  keepDays: z.int().min(1).max(999),
  /** Saves of one file by one author within 10 minutes become one version. */
  mergeSaves: z.boolean(),
  binDays: z.int().min(1).max(999),
});
export type RetentionPolicy = z.infer<typeof RetentionPolicy>;
export const DEFAULT_RETENTION: RetentionPolicy = { keepVersions: 100, keepDays: 365, mergeSaves: false, binDays: 90 };

/** Where to put it; the same name when none is told, another one when that is taken. */
export const PlaceRequest = z.object({ parentId: NodeId, name: NodeName.optional() });
/** A copy is begun once per `opId` and caller: asked again, also after a lost answer, it is told how far it is. */
export const CopyRequest = PlaceRequest.extend({ opId: OpId });
/** A copy of a large folder goes on after the answer, also through a restart of the server. */
export const CopyAnswer = z.object({
  copyId: z.uuid(),
  /** `failed`: given up after several tries. What was copied stays, whatever the end. */
  state: z.enum(['running', 'done', 'refused', 'failed', 'cancelled']),
  /** The copy itself; `null` when it is gone again. */
  node: DriveNode.nullable(),
  copiedNodes: z.int(),
  /** Nodes the caller may not copy. */
  leftOut: z.int(),
  /** Why it ended before it was whole, or what it waits for. */
  refusal: errorCode.nullable(),
  /** When a copy that waits for room is given up; `null`: it does not wait. */
  waitsUntil: Timestamp.nullable(),
});
export type CopyAnswer = z.infer<typeof CopyAnswer>;
export const MoveToSpaceAnswer = z.object({ node: DriveNode, movedNodes: z.int(), movedBytes: SizeBytes });
export const versionParam = z.object({ nodeId: NodeId, versionId: VersionId });
