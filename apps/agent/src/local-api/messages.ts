import { z } from 'zod';
import {
  ByteRate,
  CloudPathText,
  FeatureState,
  FilterRules,
  HoldAnswer,
  HoldKind,
  Space,
  SpaceKind,
  StatusReason,
  SyncMode,
  TaskId,
  TaskSettings,
  TaskStatus,
  Throttle,
  ThrottleHours,
  Timestamp,
} from '@tideline/contracts';

/** Limits that hold right now, in bytes per second; null = no limit. `hours`: those by which they do. */
export const RatesView = z.object({
  uploadBytesPerSecond: ByteRate,
  downloadBytesPerSecond: ByteRate,
  hours: ThrottleHours.nullable(),
});
export type RatesView = z.infer<typeof RatesView>;

/** Limits of the device over all its tasks: its own, the enterprise's, and what comes of both now. */
export const ThrottleAnswer = z.object({ settings: Throttle, policy: Throttle, inForce: RatesView });
export type ThrottleAnswer = z.infer<typeof ThrottleAnswer>;

/** What the agent answers on its local API; the command line prints these as they are with `--json`. */
export const TaskView = z.object({
  id: TaskId,
  local: z.string(),
  cloud: z.string(),
  space: z.object({ kind: SpaceKind, name: z.string() }),
  type: SyncMode,
  status: TaskStatus,
  reason: StatusReason.optional(),
  /** True while the server cannot be reached: what is on its way waits, and what was equal may have changed there. */
  offline: z.boolean().optional(),
  /** For a person: what is in the way. */
  detail: z.string().optional(),
  pending: z.int(),
  pendingBytes: z.int(),
  failed: z.int(),
  skipped: z.int(),
  holds: z.int(),
  files: z.int(),
  folders: z.int(),
  lastFullSync: Timestamp.nullable(),
  verified: z.boolean().nullable(),
  /** Why hints from the disk are lost and timed scans stand in for them; null = watching. */
  watcherTrouble: z.string().nullable(),
  settings: TaskSettings,
  /** What the enterprise leaves out besides. */
  policy: FilterRules.optional(),
  /** What is left to it right now below the limits of the device. */
  throttle: RatesView,
  createdAt: Timestamp,
});
export type TaskView = z.infer<typeof TaskView>;

export const Limits = z.object({ tasks: z.int(), maxTasks: z.int(), files: z.int(), maxFiles: z.int() });
export type Limits = z.infer<typeof Limits>;

export const StatusAnswer = z.object({
  tasks: z.array(TaskView),
  limits: Limits,
  throttle: RatesView,
  server: z.string(),
  connection: z.enum(['online', 'offline']),
  keyStore: z.enum(['keychain', 'file']),
  device: z.object({ id: z.string(), name: z.string() }),
  user: z.object({ name: z.string(), email: z.string() }),
  enterprise: z.string(),
  version: z.string(),
});
export type StatusAnswer = z.infer<typeof StatusAnswer>;

/** Where a task's cloud folder is for its person (TA-2): a received share lies in somebody else's space. */
export const TaskPlace = z.enum([...SpaceKind.options, 'share']);
export type TaskPlace = z.infer<typeof TaskPlace>;

export const TaskListQuery = z.object({
  sort: z.enum(['cloud-name', 'created']).default('created'),
  status: TaskStatus.optional(),
  type: SyncMode.optional(),
  space: TaskPlace.optional(),
});
export type TaskListQuery = z.infer<typeof TaskListQuery>;
export const TaskListAnswer = z.object({ tasks: z.array(TaskView) });

export const CreateTaskRequest = z.object({
  local: z.string().min(1).max(4096),
  cloud: CloudPathText,
  type: SyncMode,
  settings: TaskSettings,
});
export type CreateTaskRequest = z.infer<typeof CreateTaskRequest>;

/** What is not named stays. */
export const ThrottleChange = z
  .object({
    uploadBytesPerSecond: ByteRate,
    downloadBytesPerSecond: ByteRate,
    throttleHours: z.array(ThrottleHours).max(20),
  })
  .partial();
export type ThrottleChange = z.infer<typeof ThrottleChange>;

export const ConfigureRequest = z
  .object({
    exclude: TaskSettings.shape.exclude.unwrap(),
    excludeTypes: TaskSettings.shape.excludeTypes.unwrap(),
    maxFileBytes: TaskSettings.shape.maxFileBytes.unwrap(),
    ...ThrottleChange.shape,
    propagateDeletes: z.boolean(),
    auto: z.boolean(),
  })
  .partial();
export type ConfigureRequest = z.infer<typeof ConfigureRequest>;

const amount = z.object({ files: z.int(), bytes: z.int() });
/** TA-5: what a first run would do, from names and sizes alone. */
export const Preview = z.object({
  local: z.string(),
  cloud: z.string(),
  type: SyncMode,
  upload: amount,
  download: amount,
  /** Same name and size on both sides: compared by content, equal ones are linked and do not travel. */
  compare: amount,
  /** FI-1: same name, other size: the local file becomes a new version. */
  newVersions: amount,
  /** FI-2: file against folder of one name; the first of them by name. */
  clashes: z.object({ count: z.int(), sample: z.array(z.string()) }),
  createCloudFolders: z.array(z.string()),
  excluded: z.int(),
  skipped: z.int(),
  unreadable: z.int(),
  room: z.object({
    localNeededBytes: z.int(),
    localFreeBytes: z.int().nullable(),
    cloudNeededBytes: z.int(),
    cloudFreeBytes: z.int().nullable(),
  }),
  alwaysLeftOut: z.array(z.string()),
  warnings: z.array(z.string()),
});
export type Preview = z.infer<typeof Preview>;

export const FilesState = z.enum(['completed', 'syncing', 'failed', 'skipped']);
export type FilesState = z.infer<typeof FilesState>;

/** Why something is left out on purpose: by a name of TA-9, by filters, or because of what it is. */
export const LeftOut = z.object({
  by: z.enum(['always', 'filter', 'type', 'size', 'link', 'socket', 'pipe', 'device', 'mount']),
  /** The pattern that fits, of `always` and `filter`; the type, of `type`. */
  pattern: z.string().optional(),
  /** Of `size`: how large files may be. */
  maxFileBytes: z.int().optional(),
  /** The enterprise wants it so, not the task. */
  policy: z.boolean().optional(),
  /** Below the task's folder: itself, or the folder above it that is left out with all that is in it. */
  path: z.string(),
});
export type LeftOut = z.infer<typeof LeftOut>;

export const FilesQuery = z.object({
  state: FilesState,
  cursor: z.string().max(8192).optional(),
  limit: z.coerce.number().int().min(1).max(1000).default(100),
});
export type FilesQuery = z.infer<typeof FilesQuery>;
export const TaskFile = z.object({
  path: z.string(),
  kind: z.enum(['file', 'folder']).optional(),
  size: z.int().nullable().optional(),
  direction: z.enum(['up', 'down', 'both']).optional(),
  code: z.string().optional(),
  params: z.record(z.string(), z.union([z.string(), z.number()])).optional(),
  /** What is wrong with it, and what to do about it. */
  message: z.string().optional(),
  fix: z.string().optional(),
  firstSeen: Timestamp.optional(),
  lastSeen: Timestamp.optional(),
  attempts: z.int().optional(),
  retryAt: Timestamp.optional(),
  leftOut: LeftOut.optional(),
});
export type TaskFile = z.infer<typeof TaskFile>;
export const FilesAnswer = z.object({ files: z.array(TaskFile), next: z.string().nullable() });
export type FilesAnswer = z.infer<typeof FilesAnswer>;

export const HoldView = z.object({
  id: z.string(),
  task: TaskId,
  kind: HoldKind,
  files: z.int(),
  /** Files and folders that were deleted before the mass showed; restore brings them back, too. */
  gone: z.int(),
  since: Timestamp,
  answer: HoldAnswer.nullable(),
  /** What happened, and what to do about it. */
  message: z.string(),
  fix: z.string(),
  sample: z.array(z.string()),
});
export type HoldView = z.infer<typeof HoldView>;
export const HoldsAnswer = z.object({ holds: z.array(HoldView) });

export const WaitAnswer = z.object({
  outcome: z.enum(['up_to_date', 'held', 'failing']),
  tasks: z.array(TaskView),
});
export type WaitAnswer = z.infer<typeof WaitAnswer>;

export const ExplainRequest = z.object({
  /** Without links in it. */
  path: z.string().min(1).max(4096),
  /** As it was asked for: it may lead out of the task by a link in the task's folder. */
  asGiven: z.string().min(1).max(4096).optional(),
});
export type ExplainRequest = z.infer<typeof ExplainRequest>;
const sideState = z.object({
  state: z.enum(['present', 'absent', 'unknown']),
  changed: z.boolean(),
  kind: z.enum(['file', 'folder']).optional(),
  name: z.string().optional(),
  size: z.number().nullable().optional(),
  contentId: z.string().nullable().optional(),
  rev: z.int().optional(),
  why: z.string().optional(),
});
export type SideState = z.infer<typeof sideState>;
export const ExplainAnswer = z.object({
  path: z.string(),
  task: TaskId,
  taskStatus: TaskStatus,
  base: sideState,
  local: sideState,
  cloud: sideState,
  decisions: z.array(z.object({ rule: z.string(), note: z.string() })),
  problem: TaskFile.nullable(),
  leftOut: LeftOut.nullable(),
  /** One sentence for a person. */
  summary: z.string(),
});
export type ExplainAnswer = z.infer<typeof ExplainAnswer>;

export const AccountAnswer = z.object({
  user: z.object({ name: z.string(), email: z.string() }),
  enterprise: z.object({ code: z.string(), name: z.string() }),
  device: z.string(),
  server: z.string(),
  feature: FeatureState,
  spaces: z.array(Space),
});
export type AccountAnswer = z.infer<typeof AccountAnswer>;

export const DoctorAnswer = z.object({
  checks: z.array(z.object({ name: z.string(), ok: z.boolean(), detail: z.string() })),
});
export type DoctorAnswer = z.infer<typeof DoctorAnswer>;
export const Nothing = z.object({});
/** A task's id, or the beginning of it that fits no other. */
export const TaskParam = z.object({ taskId: z.string().min(4).max(36) });
export const HoldParam = z.object({ holdId: z.string().min(1).max(200) });
