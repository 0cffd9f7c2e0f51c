import { z } from 'zod';
import { ERROR_CODES, type ErrorCode } from './errors.ts';
import {
  ChunkHash,
  ContentId,
  DeviceId,
  NodeId,
  OpId,
  ReservationKey,
  SizeBytes,
  SpaceId,
  Timestamp,
  UserId,
  VersionId,
} from './ids.ts';
import { ChunkRef, FileContent, Manifest } from './manifest.ts';
import { NodeName } from './names.ts';
import { Text } from './text.ts';

export const MAX_BATCH_OPS = 500;
/** Bytes of small files that one batch may carry inline. */
export const MAX_BATCH_BYTES = 16 * 1024 * 1024;
/** Files up to this size travel inside the batch that commits them. */
export const INLINE_FILE_BYTES = 256 * 1024;
export const MAX_PACK_BYTES = 32 * 1024 * 1024;
export const MAX_FEED_PAGE = 5000;

export const NodeKind = z.enum(['file', 'folder']);
export type NodeKind = z.infer<typeof NodeKind>;

/** State of one node. `rev` counts every change of the node itself: its place, content or metadata. */
export const DriveNode = z.object({
  id: NodeId,
  /** `null` for the root of a space. */
  parentId: NodeId.nullable(),
  name: z.string(),
  kind: NodeKind,
  rev: z.int().min(1),
  /** Position of the node's last change in the change feed of its space. */
  seq: z.int().min(0),
  versionId: VersionId.nullable(),
  contentId: ContentId.nullable(),
  size: SizeBytes.nullable(),
  /** Modification time of the file as its writer told it, milliseconds since 1970; an opaque token, never compared for order. */
  mtimeMs: z.number().nullable(),
  exec: z.boolean(),
  trashedAt: Timestamp.nullable(),
});
export type DriveNode = z.infer<typeof DriveNode>;

/** Metadata that travels with a file without making a version (BI-6). */
const FileMeta = { mtimeMs: z.number().nullable(), exec: z.boolean() };
/** `reservation`: the room kept for it, which the commit uses up (VE-3); without one it is looked for under `opId`. */
const NewContent = { content: FileContent, ...FileMeta, reservation: ReservationKey.optional() };
const rev = z.int().min(1);

export const BatchOp = z.discriminatedUnion('kind', [
  z.object({ kind: z.literal('createFolder'), opId: OpId, nodeId: NodeId, parentId: NodeId, name: NodeName }),
  z.object({
    kind: z.literal('createFile'),
    opId: OpId,
    nodeId: NodeId,
    parentId: NodeId,
    name: NodeName,
    ...NewContent,
  }),
  /** `ifMatch` absent means "whatever the head is" (upload mode on top of a foreign edit). */
  z.object({
    kind: z.literal('putVersion'),
    opId: OpId,
    nodeId: NodeId,
    ifMatch: rev.optional(),
    ...NewContent,
  }),
  z.object({ kind: z.literal('setMeta'), opId: OpId, nodeId: NodeId, ifMatch: rev.optional(), ...FileMeta }),
  /** Move, rename or both. `ifSubtreeSeq`: refuse when anything below has a later seq. */
  z.object({
    kind: z.literal('move'),
    opId: OpId,
    nodeId: NodeId,
    ifMatch: rev.optional(),
    ifSubtreeSeq: z.int().min(0).optional(),
    parentId: NodeId,
    name: NodeName,
  }),
  z.object({
    kind: z.literal('trash'),
    opId: OpId,
    nodeId: NodeId,
    ifMatch: rev.optional(),
    ifSubtreeSeq: z.int().min(0).optional(),
  }),
  /** `to`: another place than the one it was trashed from. */
  z.object({
    kind: z.literal('restore'),
    opId: OpId,
    nodeId: NodeId,
    to: z.object({ parentId: NodeId, name: NodeName }).optional(),
  }),
]);
export type BatchOp = z.infer<typeof BatchOp>;

/**
 * `atomic`: all or nothing, names may be swapped and rotated. Otherwise each operation succeeds or fails alone, in order.
 * `inline`: chunks whose bytes follow the header of the frame, in this order.
 */
export const BatchRequest = z.object({
  atomic: z.boolean(),
  /** Which kind of task writes; kept with the versions. A person's are always `web`. */
  origin: z.enum(['upload', 'sync']).default('sync'),
  ops: z.array(BatchOp).min(1).max(MAX_BATCH_OPS),
  inline: z.array(ChunkRef).max(MAX_BATCH_OPS).default([]),
});
export type BatchRequest = z.infer<typeof BatchRequest>;

export const errorCode = z.enum(ERROR_CODES as [ErrorCode, ...ErrorCode[]]);

/** `node` is the state after the operation, or the present state that made it fail when the caller may see it. */
export const BatchOutcome = z.discriminatedUnion('status', [
  z.object({ status: z.literal('done'), opId: OpId, node: DriveNode }),
  z.object({
    status: z.literal('refused'),
    opId: OpId,
    code: errorCode,
    node: DriveNode.nullable(),
    /** With CHUNKS_MISSING: what to send first. */
    missing: z.array(ChunkHash).optional(),
  }),
]);
export type BatchOutcome = z.infer<typeof BatchOutcome>;

export const BatchAnswer = z.object({ seq: z.int().min(0), epoch: z.string(), outcomes: z.array(BatchOutcome) });
export type BatchAnswer = z.infer<typeof BatchAnswer>;

export const OpAnswersRequest = z.object({ opIds: z.array(OpId).min(1).max(10_000) });
export const OpAnswers = z.object({ outcomes: z.array(BatchOutcome) });
/**
 * `reserve`: room for what is to be committed, so that what is uploaded finds its place (VE-3). Asking again under the same key
 * replaces what was asked before. Kept while packs that name the key arrive, used up by the commit that names it, given back
 * when neither comes for an hour.
 */
export const MissingRequest = z.object({
  /** None: only room is asked for. */
  chunks: z.array(ChunkRef).max(10_000),
  reserve: z
    .array(z.object({ key: ReservationKey, bytes: SizeBytes }))
    .max(MAX_BATCH_OPS)
    .default([]),
});
export const MissingAnswer = z.object({ missing: z.array(ChunkHash) });
/**
 * Header of an uploaded pack; the bytes of the chunks follow in this order. `reservation`: the room that goes on being kept. What
 * is not here yet comes out of it, so that it is needed in a space with a quota.
 */
export const PackRequest = z.object({
  chunks: z.array(ChunkRef).min(1).max(2000),
  reservation: ReservationKey.optional(),
});
export type PackRequest = z.infer<typeof PackRequest>;
export const PackAnswer = z.object({ stored: z.int() });

/** What the change feed says about one node of the sync root. Items are states, not events; parents come before children. */
export const FeedItem = z.discriminatedUnion('type', [
  z.object({
    type: z.literal('node'),
    node: DriveNode,
    /** A folder that came into the root from elsewhere or out of the bin: what is below it must be listed. */
    entered: z.boolean().default(false),
  }),
  /** The node is no longer below the root. Its descendants go with it and are not told one by one. */
  z.object({
    type: z.literal('gone'),
    id: NodeId,
    gone: z.enum(['left', 'trashed', 'purged', 'revoked']),
    rev: z.int(),
  }),
]);
export type FeedItem = z.infer<typeof FeedItem>;

export const ChangesQuery = z.object({
  cursor: Text.max(200),
  root: NodeId,
  limit: z.coerce.number().int().min(1).max(MAX_FEED_PAGE).default(1000),
  /** Seconds to wait for something to tell when there is nothing yet. The server may answer earlier, also without any. */
  wait: z.coerce.number().int().min(0).max(50).default(0),
});
export const ChangesAnswer = z.object({
  items: z.array(FeedItem),
  cursor: z.string(),
  seq: z.int(),
  epoch: z.string(),
  capsRev: z.int(),
  more: z.boolean(),
});
export type ChangesAnswer = z.infer<typeof ChangesAnswer>;

/**
 * A consistent listing of everything below `root` (the root itself included) as it was at one seq, page by page.
 * The first call names no page; parents come before their children, page after page. `count` and `digest` (see `digest.ts`)
 * cover the whole listing without the root, and come with every page.
 */
export const ListingQuery = z.object({
  root: NodeId,
  page: Text.max(1000).optional(),
  limit: z.coerce.number().int().min(1).max(10_000).default(5000),
});
export const ListingAnswer = z.object({
  nodes: z.array(DriveNode),
  nextPage: z.string().nullable(),
  count: z.int(),
  digest: z.string(),
  /** Where to continue with the change feed once the last page is read. */
  cursor: z.string(),
  seq: z.int(),
  epoch: z.string(),
  capsRev: z.int(),
});
export type ListingAnswer = z.infer<typeof ListingAnswer>;

/** Count and digest of everything below `root` (the root excluded) at `seq`: what *verified in sync* compares. */
export const DigestAnswer = z.object({ count: z.int(), digest: z.string(), seq: z.int(), epoch: z.string() });

export const SyncRight = z.enum(['none', 'backer', 'synchronizer']);
export type SyncRight = z.infer<typeof SyncRight>;
/** The ten actions a folder role is made of (PE-6). */
export const ATOMS = [
  'visible',
  'list',
  'preview',
  'create',
  'update',
  'download',
  'copy',
  'move',
  'delete',
  'shareLink',
] as const;
export const Atom = z.enum(ATOMS);
export type Atom = z.infer<typeof Atom>;

/** Rights at `root` and at every folder below it where a grant changes them; inherited downwards by the reader. */
export const CapsAnswer = z.object({
  capsRev: z.int(),
  boundaries: z.array(z.object({ nodeId: NodeId, atoms: z.array(Atom), syncRight: SyncRight })),
});
export type CapsAnswer = z.infer<typeof CapsAnswer>;

export const BundleRequest = z.object({
  nodes: z
    .array(z.object({ nodeId: NodeId, contentId: ContentId }))
    .min(1)
    .max(500),
});
/** Per asked node: its chunks when the bytes follow, or why not (it changed, or is gone). */
export const BundleAnswer = z.object({
  items: z.array(
    z.discriminatedUnion('status', [
      z.object({ status: z.literal('sent'), nodeId: NodeId, contentId: ContentId, size: SizeBytes }),
      z.object({ status: z.literal('unavailable'), nodeId: NodeId, code: errorCode }),
    ]),
  ),
});
export const ManifestAnswer = z.object({ contentId: ContentId, size: SizeBytes, chunks: Manifest });

export const MAX_ASKED_VERSIONS = 2000;
const AskedVersion = z.object({ nodeId: NodeId, contentId: ContentId });
export const KeptVersionsRequest = z.object({ versions: z.array(AskedVersion).min(1).max(MAX_ASKED_VERSIONS) });
export type KeptVersionsRequest = z.infer<typeof KeptVersionsRequest>;
/** In the order in which they were asked for; what the caller may not list is left out like what is not kept. */
export const KeptVersionsAnswer = z.object({ kept: z.array(AskedVersion) });

export const VersionOrigin = z.enum(['upload', 'sync', 'web']);
export type VersionOrigin = z.infer<typeof VersionOrigin>;
export const NodeVersion = z.object({
  id: VersionId,
  contentId: ContentId,
  size: SizeBytes,
  createdAt: Timestamp,
  origin: VersionOrigin,
  author: z.object({ userId: UserId, name: z.string() }).nullable(),
  device: z.object({ deviceId: DeviceId, name: z.string() }).nullable(),
  isHead: z.boolean(),
  /** Neither count nor age removes it (VE-1). */
  pinned: z.boolean().default(false),
  /** The newest one that its device uploaded: no clean-up removes it (UP-10). */
  protected: z.boolean().default(false),
  description: z.string().nullable().default(null),
});
export type NodeVersion = z.infer<typeof NodeVersion>;

export const SpaceKind = z.enum(['enterprise', 'team', 'personal']);
export type SpaceKind = z.infer<typeof SpaceKind>;
export const Space = z.object({
  id: SpaceId,
  kind: SpaceKind,
  /** Name of the enterprise, the team or the person. */
  name: z.string(),
  rootId: NodeId,
  quotaBytes: SizeBytes.nullable(),
  usedBytes: SizeBytes,
});
export type Space = z.infer<typeof Space>;

/** A cloud path resolved: the deepest folder that exists, and the names that are missing below it. */
export const ResolveAnswer = z.object({
  space: Space,
  node: DriveNode,
  missing: z.array(z.string()),
  syncRight: SyncRight,
  atoms: z.array(Atom),
});
export type ResolveAnswer = z.infer<typeof ResolveAnswer>;

export const ChildrenQuery = z.object({
  after: Text.max(1000).optional(),
  limit: z.coerce.number().int().min(1).max(1000).default(200),
});
export const ChildrenAnswer = z.object({
  folder: DriveNode,
  /** From the root of the space down to the folder. */
  path: z.array(z.object({ id: NodeId, name: z.string() })),
  nodes: z.array(DriveNode),
  next: z.string().nullable(),
  total: z.int(),
});
