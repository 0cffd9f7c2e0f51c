import { z } from 'zod';

/** An opaque UUID string; the brand keeps a device id from being passed where a node id is meant. */
const id = <B extends string>() => z.uuid().brand<B>();

export const EnterpriseId = id<'EnterpriseId'>();
export type EnterpriseId = z.infer<typeof EnterpriseId>;
export const UserId = id<'UserId'>();
export type UserId = z.infer<typeof UserId>;
export const TeamId = id<'TeamId'>();
export type TeamId = z.infer<typeof TeamId>;
export const SpaceId = id<'SpaceId'>();
export type SpaceId = z.infer<typeof SpaceId>;
/** Node ids are chosen by whoever creates the node (UUIDv7), so that a batch can name a folder it creates as a parent. */
export const NodeId = id<'NodeId'>();
export type NodeId = z.infer<typeof NodeId>;
export const VersionId = id<'VersionId'>();
export type VersionId = z.infer<typeof VersionId>;
export const DeviceId = id<'DeviceId'>();
export type DeviceId = z.infer<typeof DeviceId>;
export const TaskId = id<'TaskId'>();
export type TaskId = z.infer<typeof TaskId>;
export const GrantId = id<'GrantId'>();
export type GrantId = z.infer<typeof GrantId>;
/** Idempotency key, log key and audit key of one operation from the first disk to the second (UUIDv7). */
export const OpId = id<'OpId'>();
export type OpId = z.infer<typeof OpId>;
/** Names what room is kept for. Chosen by whoever uploads, and the same for every try of one upload. */
export const ReservationKey = id<'ReservationKey'>();
export type ReservationKey = z.infer<typeof ReservationKey>;

/** Lower-case hexadecimal SHA-256 of a run of bytes. */
export const ChunkHash = z
  .string()
  .regex(/^[0-9a-f]{64}$/, 'expected 64 lower-case hexadecimal digits')
  .brand<'ChunkHash'>();
export type ChunkHash = z.infer<typeof ChunkHash>;
/** Identifies the content of a file: see `manifest.ts` for how it is computed. */
export const ContentId = z
  .string()
  .regex(/^[0-9a-f]{64}$/, 'expected 64 lower-case hexadecimal digits')
  .brand<'ContentId'>();
export type ContentId = z.infer<typeof ContentId>;

/** Times on the wire are UTC ISO strings. */
export const Timestamp = z.iso.datetime();
export const EnterpriseCode = z.string().regex(/^[a-z0-9][a-z0-9-]{1,31}$/, 'expected 2 to 32 of a-z, 0-9 and -');
export type EnterpriseCode = z.infer<typeof EnterpriseCode>;
/** Sizes are whole bytes that a JavaScript number holds exactly. */
export const SizeBytes = z.int().min(0).max(Number.MAX_SAFE_INTEGER);
