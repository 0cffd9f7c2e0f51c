import type { Health, HealthReason, HealthWord, StatusReason, TaskStatus } from '@tideline/contracts';
import { MAX_FILES, MAX_TASKS } from '@tideline/contracts';
import type { z } from 'zod';
import { isOlderVersion } from '../enterprise/version.ts';
import { DAY_MS, ONLINE_MS, toConnection } from './connection.ts';

export type TaskHealthFacts = {
  readonly status: TaskStatus;
  readonly reason: z.infer<typeof StatusReason> | null;
  readonly statusSince: Date;
  readonly files: number;
  readonly failed: number;
  readonly holds: number;
  readonly lastFullSync: Date | null;
  readonly createdAt: Date;
};

/** What the health of an active device is decided from: its last report, and what the server knows by itself. */
export type HealthFacts = {
  readonly lastSeen: Date | null;
  readonly agentVersion: string;
  readonly minAgentVersion: string;
  /** What the device's update ring aims at, and since when; absent while there is none. */
  readonly target?: { readonly version: string; readonly since: Date };
  readonly keyProblem: boolean;
  readonly watcherFallback: boolean;
  readonly freeDiskBytes: number | null;
  readonly diskBytes: number | null;
  readonly tasks: readonly TaskHealthFacts[];
};

/** From the word that needs help first to the one that needs none. */
export const HEALTH_ORDER = [
  'failing',
  'attention',
  'offline',
  'outdated',
  'no_tasks',
  'healthy',
] as const satisfies HealthWord[];

type Rule = (facts: HealthFacts, now: Date) => Health | undefined;

/** fleet 1.1: the first rule that matches says it. */
export function decideHealth(facts: HealthFacts, now: Date): Health {
  return decideOffline(facts, now) ?? decideWhileSeen(facts, now);
}

/** When time alone may change the answer; `null` when only a report can. */
export function healthValidUntil(facts: HealthFacts, now: Date): Date | null {
  const moments = [
    ...(facts.lastSeen ? [facts.lastSeen.getTime() + ONLINE_MS + 1] : []),
    ...(facts.target ? [facts.target.since.getTime() + 14 * DAY_MS + 1] : []),
    ...facts.tasks.flatMap((task) => [
      task.statusSince.getTime() + DAY_MS + 1,
      syncedOrCreated(task) + 3 * DAY_MS,
      syncedOrCreated(task) + 7 * DAY_MS,
    ]),
  ].filter((moment) => moment > now.getTime());
  return moments.length === 0 ? null : new Date(Math.min(...moments));
}

function decideOffline(facts: HealthFacts, now: Date): Health | undefined {
  const connection = toConnection(facts.lastSeen, now);
  if (connection === 'online') return undefined;
  if (facts.lastSeen === null) return health('offline', 'never_seen');
  const lastKnown = decideWhileSeen(facts, now).word;
  return health('offline', 'not_seen', { lastSeen: facts.lastSeen.toISOString(), lastKnown });
}

function decideWhileSeen(facts: HealthFacts, now: Date): Health {
  for (const rule of RULES) {
    const found = rule(facts, now);
    if (found) return found;
  }
  return health('healthy', 'all_up_to_date');
}

const RULES: readonly Rule[] = [
  // failing
  ({ tasks }) => ofTask(tasks, (task) => task.status === 'blocked', 'failing', 'task_blocked'),
  ({ tasks }) => ofTask(tasks, (task) => isPaused(task, 'permission'), 'failing', 'paused_by_permission'),
  decideTooManyFailed,
  (facts, now) => decideNotSynced(facts, now, 7),
  ({ agentVersion, minAgentVersion }) =>
    isOlderVersion(agentVersion, minAgentVersion)
      ? health('failing', 'version_below_minimum', { version: agentVersion, minVersion: minAgentVersion })
      : undefined,
  ({ keyProblem }) => (keyProblem ? health('failing', 'key_locked') : undefined),
  // attention
  ({ tasks }) => {
    const failed = sum(tasks, (task) => task.failed);
    return failed > 0 ? health('attention', 'failed_items', { failed }) : undefined;
  },
  (facts, now) => decideNotSynced(facts, now, 3),
  decideLimitNear,
  ({ tasks }) => {
    const holds = sum(tasks, (task) => task.holds);
    return holds > 0 ? health('attention', 'hold_waiting', { holds }) : undefined;
  },
  ({ tasks }, now) => {
    const isLong = (task: TaskHealthFacts) => now.getTime() - task.statusSince.getTime() > DAY_MS;
    return ofTask(tasks, (task) => isPaused(task, 'user') && isLong(task), 'attention', 'paused_by_user');
  },
  ({ tasks }) => ofTask(tasks, (task) => isPaused(task, 'disabled'), 'attention', 'sync_switched_off'),
  decideLowDisk,
  ({ watcherFallback }) => (watcherFallback ? health('attention', 'watcher_fallback') : undefined),
  // outdated
  decideOutdated,
  // no tasks, and healthy with what it is doing
  ({ tasks }) => (tasks.length === 0 ? health('no_tasks', 'no_tasks') : undefined),
  // Nothing is known to be wrong, and nothing is known to be safe yet.
  ({ tasks }) =>
    tasks.every((task) => task.lastFullSync === null) ? health('attention', 'first_sync_running') : undefined,
  ({ tasks }) => ofTask(tasks, isWorking, 'healthy', 'syncing'),
  ({ tasks }) => ofTask(tasks, (task) => isPaused(task, 'user'), 'healthy', 'paused_by_user'),
];

function decideTooManyFailed({ tasks }: HealthFacts): Health | undefined {
  const failed = sum(tasks, (task) => task.failed);
  const limit = Math.max(100, sum(tasks, (task) => task.files) * 0.01);
  return failed > limit ? health('failing', 'too_many_failed', { failed }) : undefined;
}

/** Whole days since the last full sync of the task that waits longest; a task never synced counts from its creation. */
function decideNotSynced({ tasks }: HealthFacts, now: Date, days: 3 | 7): Health | undefined {
  const active = tasks.filter((task) => task.status !== 'paused').map(syncedOrCreated);
  const waited = Math.floor((now.getTime() - Math.min(...active)) / DAY_MS);
  if (active.length === 0 || waited < days) return undefined;
  return days === 7
    ? health('failing', 'not_synced_7_days', { days: waited })
    : health('attention', 'not_synced_3_days', { days: waited });
}

function decideLimitNear({ tasks }: HealthFacts): Health | undefined {
  const files = sum(tasks, (task) => task.files);
  if (files >= MAX_FILES * 0.8)
    return health('attention', 'limit_near', { limit: 'files', used: files, max: MAX_FILES });
  if (tasks.length < MAX_TASKS * 0.8) return undefined;
  return health('attention', 'limit_near', { limit: 'tasks', used: tasks.length, max: MAX_TASKS });
}

function decideLowDisk({ freeDiskBytes, diskBytes }: HealthFacts): Health | undefined {
  if (freeDiskBytes === null || diskBytes === null || diskBytes <= 0) return undefined;
  return freeDiskBytes < diskBytes * 0.05 ? health('attention', 'low_disk', { freeBytes: freeDiskBytes }) : undefined;
}

function decideOutdated({ agentVersion, target }: HealthFacts, now: Date): Health | undefined {
  if (!target || !isOlderVersion(agentVersion, target.version)) return undefined;
  const isLate = now.getTime() - target.since.getTime() > 14 * DAY_MS;
  return isLate ? health('outdated', 'version_outdated', { version: agentVersion, target: target.version }) : undefined;
}

function ofTask(
  tasks: readonly TaskHealthFacts[],
  matches: (task: TaskHealthFacts) => boolean,
  word: HealthWord,
  reason: HealthReason,
): Health | undefined {
  const matching = tasks.filter(matches);
  const first = matching[0];
  return first && health(word, reason, { tasks: matching.length, ...(first.reason ? { reason: first.reason } : {}) });
}

function isPaused(task: TaskHealthFacts, reason: TaskHealthFacts['reason']): boolean {
  return task.status === 'paused' && task.reason === reason;
}

function isWorking(task: TaskHealthFacts): boolean {
  return task.status === 'queued' || task.status === 'scanning' || task.status === 'syncing';
}

function syncedOrCreated(task: TaskHealthFacts): number {
  return (task.lastFullSync ?? task.createdAt).getTime();
}

function sum(tasks: readonly TaskHealthFacts[], of: (task: TaskHealthFacts) => number): number {
  return tasks.reduce((total, task) => total + of(task), 0);
}

function health(word: HealthWord, reason: HealthReason, params: Health['params'] = {}): Health {
  return { word, reason, params };
}
