import type { HealthReason, HealthWord } from '@tideline/contracts';
import { describe, expect, it } from 'vitest';
import { toConnection } from './connection.ts';
import { decideHealth, healthValidUntil, type HealthFacts, type TaskHealthFacts } from './health.ts';

const NOW = new Date('2026-03-10T12:00:00Z');
const hoursAgo = (hours: number) => new Date(NOW.getTime() - hours * 3_600_000);
const daysAgo = (days: number) => hoursAgo(days * 24);

const task = (over: Partial<TaskHealthFacts> = {}): TaskHealthFacts => ({
  status: 'up_to_date',
  reason: null,
  statusSince: hoursAgo(1),
  files: 1000,
  failed: 0,
  holds: 0,
  lastFullSync: hoursAgo(1),
  createdAt: daysAgo(20),
  ...over,
});
const device = (over: Partial<HealthFacts> = {}): HealthFacts => ({
  lastSeen: NOW,
  agentVersion: '1.4.0',
  minAgentVersion: '1.4.0',
  keyProblem: false,
  watcherFallback: false,
  freeDiskBytes: 50,
  diskBytes: 100,
  tasks: [task()],
  ...over,
});
const one = (over: Partial<TaskHealthFacts>) => device({ tasks: [task(), task(over)] });

type Row = [fact: string, facts: HealthFacts, word: HealthWord, reason: HealthReason];
const table: Row[] = [
  ['an up-to-date task', device(), 'healthy', 'all_up_to_date'],
  ['a task at work that was synced before', one({ status: 'syncing' }), 'healthy', 'syncing'],
  ['a task paused by its user for an hour', one({ status: 'paused', reason: 'user' }), 'healthy', 'paused_by_user'],
  ['no tasks', device({ tasks: [] }), 'no_tasks', 'no_tasks'],
  [
    'a first sync that runs',
    device({ tasks: [task({ lastFullSync: null, createdAt: hoursAgo(1), status: 'syncing' })] }),
    'attention',
    'first_sync_running',
  ],
  ['never seen', device({ lastSeen: null }), 'offline', 'never_seen'],
  ['not seen for six minutes', device({ lastSeen: hoursAgo(0.1) }), 'offline', 'not_seen'],
  [
    'offline and blocked',
    device({ lastSeen: daysAgo(2), tasks: [task({ status: 'blocked', reason: 'root' })] }),
    'offline',
    'not_seen',
  ],
  ['a blocked task', one({ status: 'blocked', reason: 'quota' }), 'failing', 'task_blocked'],
  [
    '[PE-2] a right that was taken back',
    one({ status: 'paused', reason: 'permission' }),
    'failing',
    'paused_by_permission',
  ],
  ['101 failed of 1000', device({ tasks: [task({ failed: 101 })] }), 'failing', 'too_many_failed'],
  ['100 failed of 1000', device({ tasks: [task({ failed: 100 })] }), 'attention', 'failed_items'],
  ['500 failed of 100,000', device({ tasks: [task({ failed: 500, files: 100_000 })] }), 'attention', 'failed_items'],
  ['1 failed', one({ failed: 1, status: 'up_to_date_with_failures' }), 'attention', 'failed_items'],
  ['7 days without full sync', one({ lastFullSync: daysAgo(7) }), 'failing', 'not_synced_7_days'],
  ['6 days and 23 hours', one({ lastFullSync: hoursAgo(7 * 24 - 1) }), 'attention', 'not_synced_3_days'],
  ['2 days and 23 hours', one({ lastFullSync: hoursAgo(71) }), 'healthy', 'all_up_to_date'],
  ['never synced for 8 days', one({ lastFullSync: null, createdAt: daysAgo(8) }), 'failing', 'not_synced_7_days'],
  [
    'a paused task does not age',
    one({ lastFullSync: daysAgo(9), status: 'paused', reason: 'schedule' }),
    'healthy',
    'all_up_to_date',
  ],
  ['[EN-3] an agent below the minimum', device({ agentVersion: '1.3.9' }), 'failing', 'version_below_minimum'],
  ['a locked keychain', device({ keyProblem: true }), 'failing', 'key_locked'],
  ['[LI-2] 800,000 files', device({ tasks: [task({ files: 800_000 })] }), 'attention', 'limit_near'],
  ['[LI-1] 8 tasks', device({ tasks: Array.from({ length: 8 }, () => task()) }), 'attention', 'limit_near'],
  ['[GU-1] a hold', one({ status: 'held', holds: 1 }), 'attention', 'hold_waiting'],
  [
    'paused by its user for 25 hours',
    one({ status: 'paused', reason: 'user', statusSince: hoursAgo(25) }),
    'attention',
    'paused_by_user',
  ],
  ['[EN-4] switched off', one({ status: 'paused', reason: 'disabled' }), 'attention', 'sync_switched_off'],
  ['4 % of the disk free', device({ freeDiskBytes: 4 }), 'attention', 'low_disk'],
  ['a watcher that fell back', device({ watcherFallback: true }), 'attention', 'watcher_fallback'],
  [
    '15 days behind its ring',
    device({ target: { version: '1.5.0', since: daysAgo(15) } }),
    'outdated',
    'version_outdated',
  ],
  [
    '13 days behind its ring',
    device({ target: { version: '1.5.0', since: daysAgo(13) } }),
    'healthy',
    'all_up_to_date',
  ],
  [
    'blocked before failed items',
    device({ tasks: [task({ failed: 5 }), task({ status: 'blocked', reason: 'disk' })] }),
    'failing',
    'task_blocked',
  ],
];

describe('decideHealth', () => {
  it.each(table)('%s', (_, facts, word, reason) => {
    expect(decideHealth(facts, NOW)).toMatchObject({ word, reason });
  });

  it('says what was last known of an offline device', () => {
    const facts = device({ lastSeen: daysAgo(1), tasks: [task({ status: 'blocked', reason: 'root' })] });
    expect(decideHealth(facts, NOW).params).toEqual({ lastSeen: daysAgo(1).toISOString(), lastKnown: 'failing' });
  });

  it.each(table)('stays until the moment it names: %s', (_, facts) => {
    const until = healthValidUntil(facts, NOW);
    const justBefore = until === null ? new Date(NOW.getTime() + 90 * 86_400_000) : new Date(until.getTime() - 1);
    const now = decideHealth(facts, NOW);
    expect(decideHealth(facts, justBefore)).toMatchObject({ word: now.word, reason: now.reason });
  });

  it('names the moment at which an online device becomes offline', () => {
    const facts = device({ tasks: [] });
    const until = healthValidUntil(facts, NOW);
    expect(until && decideHealth(facts, until).word).toBe('offline');
  });
});

describe('toConnection', () => {
  it.each([
    [null, 'never_seen'],
    [hoursAgo(300 / 3600), 'online'],
    [hoursAgo(301 / 3600), 'offline'],
    [daysAgo(7), 'offline'],
    [daysAgo(7.01), 'stale'],
    [daysAgo(30.01), 'missing'],
  ] as const)('%s is %s', (lastSeen, connection) => {
    expect(toConnection(lastSeen, NOW)).toBe(connection);
  });
});
