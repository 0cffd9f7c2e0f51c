import { uptime } from 'node:os';
import { dirname, join } from 'node:path';
import type { FilterRules, SyncMode } from '@tideline/contracts';
import {
  createCloud,
  createRetry,
  createTokenBucket,
  sleep,
  withThrottle,
  type ApiClient,
  type Throttle,
} from '@tideline/drive-client';
import {
  createDisk,
  createScanner,
  createShelf,
  createWatch,
  openJournal,
  type SqliteJournal,
} from '@tideline/local-fs';
import { ROOT_ID, TransferMemory, type Cloud, type Scanner } from '@tideline/sync-core';
import type { Log } from '../logging/log.ts';
import type { AgentDeps } from '../runtime/agent.ts';
import type { Resters } from '../runtime/give-memory-back.ts';
import { rulesOf, type TaskRecord } from '../tasks/task-record.ts';
import type { TaskStore } from '../tasks/task-store.ts';
import type { DeviceThrottle } from '../throttle/device-throttle.ts';
import type { RatesInForce } from '../throttle/rates-at.ts';
import { createCycleEngine } from './cycle-engine.ts';
import { toCycleSettings } from './cycle-settings.ts';
import { chance, clock, hashes, ids, monotonic } from './surroundings.ts';

export type TaskOpenerParts = {
  readonly client: ApiClient;
  readonly deviceName: string;
  readonly store: TaskStore;
  readonly throttle: DeviceThrottle;
  readonly log: Log;
  readonly resters: Resters;
};

/** Opens tasks with the real journal, disk and drive. */
export function createTaskOpener(parts: TaskOpenerParts): AgentDeps['openTask'] {
  const memory = new TransferMemory();
  const { throttle } = parts;
  const client = withThrottle(
    parts.client,
    bucketsFor(() => throttle.inForce()),
  );
  return (record, { current, claimFiles }) => {
    const root = record.localPath;
    const journal = openTaskJournal(record, parts);
    parts.resters.add(journal);
    claimFiles({ held: journal.base.fileCount(), wanted: 0 });
    const own = bucketsFor(() => throttle.of(current().settings));
    const cloud = openCloud(withThrottle(client, own), { ...record, rootId: record.rootNodeId });
    const clones = join(dirname(journal.path), 'clones');
    const disk = createDisk({ root, clones });
    const scanners = createScanners({ root, journalPath: journal.path, clones });
    const deps = {
      journal,
      disk,
      cloud,
      clock,
      ids,
      hashes,
      chance,
      memory,
      scanner: scanners.forRules(rulesOf(record)),
    };
    const engine = createCycleEngine({
      deps,
      newWatch: () => createWatch({ root, entries: () => countEntries(journal) }),
      prepare: () => ({ scanner: scanners.forRules(rulesOf(current())) }),
      settings: () => {
        const surroundings = { deviceName: parts.deviceName, platform: process.platform, now: new Date() };
        const shared = { maxFiles: Infinity, claimFiles, bootedAtMs: bootedAtMs() };
        return toCycleSettings(current(), { ...surroundings, ...shared });
      },
      close: async () => {
        await Promise.all([scanners.close(), disk.close()]);
        parts.resters.delete(journal);
        journal.close();
      },
    });
    // SA-3: below the root of an upload task nothing is ours.
    const dropDownloads = record.mode === 'upload' ? () => undefined : () => disk.dropDownloads();
    return Promise.resolve({ engine, journal, dropDownloads });
  };
}

export function openCloud(client: ApiClient, of: { spaceId: string; rootId: string; mode: SyncMode }): Cloud {
  const retry = createRetry({ sleep, random: Math.random });
  const sha256Hex = (text: string) => hashes.sha256Hex(text);
  const origin = of.mode === 'upload' ? 'upload' : 'sync';
  const { spaceId, rootId } = of;
  return createCloud({ client, retry, spaceId, rootId, origin, sha256Hex, newShelf: createShelf });
}

function openTaskJournal(record: TaskRecord, { store, log }: TaskOpenerParts): SqliteJournal {
  const journal = openJournal(store.journalPath(record.id), { isExpected: record.journalMade });
  if (journal.origin.t === 'damaged') log('journal_damaged', { task: record.id, ...journal.origin });
  if (!journal.base.get(ROOT_ID)) journal.advance({ rows: [toRootRow(record)] });
  return journal;
}

/** Files and folders of the last scan; before the first one nobody knows, and a small tree is likely. */
function countEntries(journal: SqliteJournal): number {
  return journal.base.fileCount() + journal.meta().folders;
}

/** Every base begins with the root: the one node whose both sides are bound by the task itself. */
function toRootRow(record: TaskRecord) {
  return {
    ...{ id: ROOT_ID, parent: ROOT_ID, localName: '', cloudName: '', kind: 'folder' as const },
    ...{ cloudId: record.rootNodeId, rev: 1, contentId: null, size: null, sig: null },
    ...{ meta: { mtimeMs: 0, exec: false }, state: 'managed' as const },
  };
}

/** A scanner holds its filters for life: other filters, another scanner. */
function createScanners(of: { root: string; journalPath: string; clones: string }) {
  let key = '';
  let scanner: ReturnType<typeof createScanner> | undefined;
  return {
    forRules: (rules: readonly FilterRules[]): Scanner => {
      const wanted = JSON.stringify(rules);
      if (scanner && key === wanted) return scanner;
      void scanner?.close();
      key = wanted;
      scanner = createScanner({ ...of, rules });
      return scanner;
    },
    close: async () => scanner?.close(),
  };
}

const bootedAtMs = (): number => Date.now() - uptime() * 1000;

/** Rates are asked for all the time: hours begin and settings change while bytes travel. */
function bucketsFor(rates: () => RatesInForce): Throttle {
  const bucket = (rate: () => number | null) => createTokenBucket({ rate, clock: monotonic, sleep });
  return {
    upload: bucket(() => rates().uploadBytesPerSecond),
    download: bucket(() => rates().downloadBytesPerSecond),
  };
}
