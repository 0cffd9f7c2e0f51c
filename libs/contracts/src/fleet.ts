import { z } from 'zod';
import { DeviceId, TaskId, Timestamp, UserId } from './ids.ts';
import { Space, SpaceKind } from './drive.ts';
import { SyncPolicy } from './filter-rules.ts';
import { FeatureState } from './identity.ts';
import { SyncMode, TaskReport } from './task.ts';
import { Text } from './text.ts';

/** What a device needs to know before it may create or run tasks; asked at start and whenever told `settings`. */
export const DeviceSettings = z.object({
  enterprise: z.object({ code: z.string(), name: z.string() }),
  user: z.object({ id: UserId, name: z.string(), email: z.string() }),
  deviceName: z.string(),
  feature: FeatureState,
  /** The first thing in the way of syncing, or null. */
  refusal: z.enum(['SYNC_NOT_ENTITLED', 'HISTORY_REQUIRED', 'SYNC_DISABLED', 'AGENT_TOO_OLD']).nullable(),
  limits: z.object({ maxTasks: z.int(), maxFiles: z.int() }),
  policy: SyncPolicy.prefault({}),
  spaces: z.array(Space),
});
export type DeviceSettings = z.infer<typeof DeviceSettings>;

/** One snapshot of a device; the newest replaces the one before. Counts and codes only. */
export const DeviceReport = z.object({
  bootId: z.uuid(),
  sequence: z.int().min(0),
  agentVersion: Text,
  keyStore: z.enum(['keychain', 'file']),
  keyProblem: z.boolean().default(false),
  freeDiskBytes: z.number().nullable(),
  diskBytes: z.number().nullable(),
  rssBytes: z.number(),
  watcherFallback: z.boolean(),
  tasks: z.array(TaskReport).max(20),
});
export type DeviceReport = z.infer<typeof DeviceReport>;

export const Connection = z.enum(['never_seen', 'online', 'offline', 'stale', 'missing']);
export type Connection = z.infer<typeof Connection>;
export const Lifecycle = z.enum(['pending_approval', 'active', 'suspended', 'retired']);
export const HealthWord = z.enum(['offline', 'failing', 'attention', 'outdated', 'healthy', 'no_tasks']);
export type HealthWord = z.infer<typeof HealthWord>;
/** Why a device has its health word; rendered in the viewer's language. */
export const HealthReason = z.enum([
  'never_seen',
  'not_seen',
  'task_blocked',
  'too_many_failed',
  'not_synced_7_days',
  'version_below_minimum',
  'key_locked',
  'failed_items',
  'not_synced_3_days',
  'limit_near',
  'hold_waiting',
  'paused_by_user',
  'paused_by_permission',
  'sync_switched_off',
  'low_disk',
  'watcher_fallback',
  'version_outdated',
  'first_sync_running',
  'syncing',
  'all_up_to_date',
  'no_tasks',
]);
export type HealthReason = z.infer<typeof HealthReason>;
export const Health = z.object({
  word: HealthWord,
  reason: HealthReason,
  params: z.record(z.string(), z.union([z.string(), z.number()])),
});
export type Health = z.infer<typeof Health>;

export const Device = z.object({
  id: DeviceId,
  name: z.string(),
  user: z.object({ id: UserId, name: z.string(), email: z.string() }),
  health: Health,
  connection: Connection,
  lifecycle: Lifecycle,
  lastSeen: Timestamp.nullable(),
  /** Oldest of its active tasks; null when one was never synced or there are none. */
  lastFullSync: Timestamp.nullable(),
  tasks: z.int(),
  maxTasks: z.int(),
  files: z.int(),
  maxFiles: z.int(),
  pending: z.int(),
  failed: z.int(),
  os: z.string(),
  agentVersion: z.string(),
  keyStore: z.enum(['keychain', 'file']),
  enrolledAt: Timestamp,
});
export type Device = z.infer<typeof Device>;

export const FleetTask = TaskReport.extend({
  deviceId: DeviceId,
  deviceName: z.string(),
  userName: z.string(),
  mode: SyncMode,
  /** Masked to the last folder name by default; null for personal spaces (PE-5). */
  localPath: z.string().nullable(),
  /** null for personal spaces (PE-5). */
  cloudPath: z.string().nullable(),
  spaceKind: SpaceKind,
  createdAt: Timestamp,
  reportedAt: Timestamp.nullable(),
});
export type FleetTask = z.infer<typeof FleetTask>;

export const Overview = z.object({
  asOf: Timestamp,
  devices: z.object({
    active: z.int(),
    healthy: z.int(),
    withTasks: z.int(),
    offline: z.int(),
    failing: z.int(),
    attention: z.int(),
    noTasks: z.int(),
  }),
  tasks: z.record(z.string(), z.int()),
  feature: FeatureState,
  needsAction: z
    .array(z.object({ deviceId: DeviceId, deviceName: z.string(), userName: z.string(), health: Health }))
    .max(10),
});
export type Overview = z.infer<typeof Overview>;

export const DeviceList = z.object({
  devices: z.array(Device),
  total: z.int(),
  next: z.string().nullable(),
  asOf: Timestamp,
});
export const DeviceDetail = z.object({ device: Device, tasks: z.array(FleetTask), asOf: Timestamp });
export type DeviceDetail = z.infer<typeof DeviceDetail>;
export const TaskIdParam = z.object({ taskId: TaskId });
