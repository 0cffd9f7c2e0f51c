import { LINUX_NAMES } from '../model/policy.ts';
import { ROOT_ID, type BaseNode } from '../model/tree.ts';
import { runCycle } from '../cycle/run-cycle.ts';
import type { CycleDeps, CycleReport, CycleSettings } from '../cycle/cycle-types.ts';
import type { Clock, Hashes, Ids } from '../ports/clock.ts';
import type { Cloud } from '../ports/cloud.ts';
import type { Journal } from '../ports/journal.ts';
import type { DirtyPaths } from '../ports/scanner.ts';
import { MemoryDisk } from './memory-disk.ts';
import { MemoryScanner } from './memory-scanner.ts';
import { MemoryJournal } from './memory-journal.ts';

/** Everything after this many cycles is a task that never comes to rest. */
const MAX_CYCLES = 20;

function rootRow(cloudId: string): BaseNode {
  return {
    ...{ id: ROOT_ID, parent: ROOT_ID, localName: '', cloudName: '', kind: 'folder', state: 'managed' },
    ...{ cloudId, rev: 1, contentId: null, size: null, meta: { mtimeMs: 0, exec: false }, sig: null },
  };
}

/** Ids in order, so that a run can be repeated to the letter. */
export function countingIds(device: number): Ids {
  let count = 0;
  const next = () => {
    count += 1;
    return `00000000-0000-7000-8${device.toString(16).padStart(3, '0')}-${count.toString(16).padStart(12, '0')}`;
  };
  return { opId: next, nodeId: next };
}

export class ManualClock implements Clock {
  #nowMs = 1_000_000;
  nowMs(): number {
    return this.#nowMs;
  }
  advance(ms: number): void {
    this.#nowMs += ms;
  }
}

/** One device with one task: a disk, a journal and the whole engine, all in memory. */
export class TestDevice {
  readonly disk: MemoryDisk;
  readonly journal: Journal = new MemoryJournal();
  /** Tests put faulty parts in place of the real ones. */
  deps: CycleDeps;
  readonly settings: CycleSettings;
  readonly clock: ManualClock;

  constructor(
    cloud: Cloud,
    options: { number: number; hashes: Hashes; clock: ManualClock; settings?: Partial<CycleSettings> },
  ) {
    const { hashes, clock } = options;
    this.journal.advance({ rows: [rootRow(cloud.rootId)] });
    this.clock = clock;
    this.disk = new MemoryDisk(hashes);
    const scanner = new MemoryScanner(this.disk, this.journal, { hashes, nowMs: () => clock.nowMs() });
    this.deps = {
      journal: this.journal,
      scanner,
      disk: this.disk,
      cloud,
      clock,
      ids: countingIds(options.number),
      hashes,
    };
    const names = { deviceName: `PC${options.number}`, nowLabel: '2026-01-02 0304', names: LINUX_NAMES };
    const rules = {
      mode: 'bidirectional',
      propagateDeletes: false,
      conflict: 'copy',
      exclude: [],
      maxFiles: 1_000_000,
    } as const;
    this.settings = { ...rules, ...names, ...options.settings };
  }

  async cycle(told: { readonly dirty?: DirtyPaths | null; readonly roomFreed?: boolean } = {}): Promise<CycleReport> {
    return runCycle(this.deps, {
      dirty: 'all',
      pullFeed: true,
      settings: this.settings,
      onProgress: () => undefined,
      yieldNow: () => false,
      signal: new AbortController().signal,
      ...told,
    });
  }

  /** Cycles, with time passing between them, until nothing is left to do. */
  async settle(): Promise<CycleReport> {
    for (let count = 0; count < MAX_CYCLES; count++) {
      const report = await this.cycle();
      if (!report.again && report.pending === 0 && report.wakeAtMs === null) return report;
      this.clock.advance(Math.max(1, (report.wakeAtMs ?? 0) - this.clock.nowMs()));
    }
    throw new Error('the task never came to rest');
  }
}
