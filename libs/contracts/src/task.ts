import { z } from 'zod';
import { FilterRules } from './filter-rules.ts';
import { NodeId, SpaceId, TaskId, Timestamp } from './ids.ts';
import { SpaceKind } from './drive.ts';
import { Text } from './text.ts';
import { Throttle } from './throttle.ts';

export const MAX_TASKS = 10;
export const MAX_FILES = 1_000_000;

export const SyncMode = z.enum(['bidirectional', 'upload']);
export type SyncMode = z.infer<typeof SyncMode>;

/** TA-8: one closed list. */
export const TaskStatus = z.enum([
  'queued',
  'scanning',
  'syncing',
  'up_to_date',
  'up_to_date_with_failures',
  'paused',
  'blocked',
  'held',
  'cancelled',
]);
export type TaskStatus = z.infer<typeof TaskStatus>;

export const PauseReason = z.enum([
  'user',
  'admin',
  'policy',
  'schedule',
  'metered',
  'battery',
  'disabled',
  'permission',
  'agent_too_old',
]);
export type PauseReason = z.infer<typeof PauseReason>;
export const BlockReason = z.enum(['root', 'quota', 'disk', 'credentials', 'database', 'limit']);
export type BlockReason = z.infer<typeof BlockReason>;
export const StatusReason = z.union([PauseReason, BlockReason]);
export type StatusReason = z.infer<typeof StatusReason>;

export const TaskSettings = FilterRules.extend({
  ...Throttle.shape,
  /** UP-4: the delete switch of upload mode. */
  propagateDeletes: z.boolean().default(false),
  auto: z.boolean().default(true),
});
export type TaskSettings = z.infer<typeof TaskSettings>;

/** A problem of the sync engine: code and parameters, rendered in the reader's language; never prose from the device. */
export const ProblemCode = z.enum([
  'UNREADABLE',
  'BUSY',
  'NAME_UNSUPPORTED',
  'NAME_CLASH',
  'PATH_TOO_LONG',
  'LIMIT_FILES',
  'QUOTA',
  'DISK_FULL',
  'DISK_READ_ONLY',
  'RIGHT_MISSING',
  'ROOT_MISSING',
  'TRANSFER_FAILED',
  'CONTENT_MISMATCH',
  'IN_THE_WAY',
  'WATCH_LIMIT',
  'REFUSED',
]);
export type ProblemCode = z.infer<typeof ProblemCode>;

/** Counts and codes of one task, as the agent tells the console. No file or folder names (PE-5). */
export const TaskReport = z.object({
  id: TaskId,
  status: TaskStatus,
  reason: StatusReason.nullable(),
  files: z.int().min(0),
  folders: z.int().min(0),
  pending: z.int().min(0),
  pendingBytes: z.int().min(0),
  failed: z.int().min(0),
  skipped: z.int().min(0),
  holds: z.int().min(0),
  problems: z.array(z.object({ code: ProblemCode, count: z.int().min(1) })).max(20),
  lastFullSync: Timestamp.nullable(),
  verified: z.boolean().nullable(),
});
export type TaskReport = z.infer<typeof TaskReport>;

/** What the server keeps of a task; the device creates it and the server allows or refuses it (PE-1, LI-1). */
export const RegisterTask = z.object({
  mode: SyncMode,
  spaceId: SpaceId,
  rootNodeId: NodeId,
  /** Full local path. The console shows it masked by policy, always for personal spaces. */
  localPath: Text.max(4096),
});
export type RegisterTask = z.infer<typeof RegisterTask>;
export const RegisteredTask = RegisterTask.extend({
  id: TaskId,
  cloudPath: z.string(),
  spaceKind: SpaceKind,
  createdAt: Timestamp,
});
export type RegisteredTask = z.infer<typeof RegisteredTask>;
