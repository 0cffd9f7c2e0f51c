import { z } from 'zod';
import { DriveNode } from './drive.ts';
import { ChunkHash, NodeId, SizeBytes, SpaceId, Timestamp } from './ids.ts';
import { NodeName } from './names.ts';

/** What to do when the folder has something of that name when the upload is finished. */
export const ClashRule = z.enum(['refuse', 'version', 'rename']);
export type ClashRule = z.infer<typeof ClashRule>;

export const StartUpload = z.object({
  parentId: NodeId,
  name: NodeName,
  size: SizeBytes,
  mtimeMs: z.number().nullable().default(null),
  onClash: ClashRule.default('refuse'),
});
export type StartUpload = z.infer<typeof StartUpload>;

/**
 * An upload that survives broken connections: send the bytes from `offset` on, in one request or in several; after a break ask
 * for the offset and go on from there. The server cuts, hashes and stores while the bytes come, so that `offset` may be behind what
 * was sent: it is where all bytes before are durable.
 */
export const Upload = z.object({
  id: z.uuid(),
  spaceId: SpaceId,
  parentId: NodeId,
  name: z.string(),
  size: SizeBytes,
  offset: SizeBytes,
  expiresAt: Timestamp,
});
export type Upload = z.infer<typeof Upload>;

/** `sha256`: of the bytes of this request, in hexadecimal; bytes that differ from it are refused and nothing of them counts. */
export const SendBytesQuery = z.object({
  offset: z.coerce.number().int().min(0).max(Number.MAX_SAFE_INTEGER),
  sha256: ChunkHash.optional(),
});
export const FinishedUpload = z.object({ node: DriveNode });

/** Ids parted by commas. */
export const ZipQuery = z.object({
  nodes: z
    .string()
    .max(37 * 100)
    .transform((text) => [...new Set(text.split(','))])
    .pipe(z.array(NodeId).min(1).max(100)),
  /** Of the archive, without `.zip`. */
  name: NodeName.optional(),
});
