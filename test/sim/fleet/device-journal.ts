import {
  ROOT_ID,
  type Advance,
  type BaseNode,
  type Hold,
  type Journal,
  type NewProblem,
  type ProblemChange,
  type Op,
  type ScanResult,
} from '@tideline/sync-core';
import { MemoryJournal } from '../../../libs/sync-core/src/testing/memory-journal.ts';
import type { Chance } from './vfs/machine.ts';

type Call = { readonly isFull: boolean; readonly run: (journal: MemoryJournal) => unknown };

/**
 * The journal of a device with the durability of the one on disk: a scan may be lost with the power (`synchronous = NORMAL`),
 * everything else and what came before it may not. Calls are kept, so that a power failure can begin anew with some of them.
 */
export class DeviceJournal implements Journal {
  inner = new MemoryJournal();
  lowestKey = 0;
  /** Before every call that writes: may throw in its stead. */
  beforeWrite: (call: string) => void = () => undefined;
  /** After every call that wrote. */
  onStart: (ops: readonly Op[]) => void = () => undefined;
  onAdvance: (step: Advance) => void = () => undefined;
  writes = 0;
  #calls: Call[] = [];
  #ids = ROOT_ID;

  constructor(rootId: string, recovery = false) {
    this.advance({ rows: [rootRow(rootId)], ...(recovery ? { meta: { recovery } } : {}) });
  }

  get base() {
    return this.inner.base;
  }
  meta() {
    return this.inner.meta();
  }
  localOverlay() {
    return this.inner.localOverlay();
  }
  cloudOverlay() {
    return this.inner.cloudOverlay();
  }
  notPresent() {
    return this.inner.notPresent();
  }
  foldersWithNews(...args: Parameters<Journal['foldersWithNews']>) {
    return this.inner.foldersWithNews(...args);
  }
  seenInside(...args: Parameters<Journal['seenInside']>) {
    return this.inner.seenInside(...args);
  }
  unfinished() {
    return this.inner.unfinished();
  }
  deedsSince(...args: Parameters<Journal['deedsSince']>) {
    return this.inner.deedsSince(...args);
  }
  problems() {
    return this.inner.problems();
  }
  holds() {
    return this.inner.holds();
  }
  allocateIds(count: number) {
    const first = this.inner.allocateIds(count);
    this.#ids = first + count;
    return first;
  }

  foldScan(result: ScanResult): void {
    for (const key of result.seen.keys()) this.lowestKey = Math.min(this.lowestKey, key);
    this.#write('foldScan', { isFull: false, run: (journal) => journal.foldScan(result) });
  }
  foldListing(steps: Iterable<NonNullable<Advance['cloud']>[number]>, meta: NonNullable<Advance['meta']>): void {
    this.advance({ cloud: [...steps], meta });
  }
  advance(step: Advance): void {
    this.#write('advance', { isFull: true, run: (journal) => journal.advance(step) });
    this.onAdvance(step);
  }
  start(ops: readonly Op[]): void {
    this.#write('start', { isFull: true, run: (journal) => journal.start(ops) });
    this.onStart(ops);
  }
  setProblem(path: string, problem: NewProblem | null, nowMs: number): void {
    this.#write('setProblem', { isFull: true, run: (journal) => journal.setProblem(path, problem, nowMs) });
  }
  setProblems(changes: readonly ProblemChange[], nowMs: number): void {
    this.#write('setProblems', { isFull: true, run: (journal) => journal.setProblems(changes, nowMs) });
  }
  setHolds(holds: readonly Hold[], nowMs: number): void {
    if (holds.length === 0 && this.inner.holds().length === 0) return;
    this.#write('setHolds', { isFull: true, run: (journal) => journal.setHolds(holds, nowMs) });
  }
  answerHold(...args: Parameters<Journal['answerHold']>): boolean {
    const isOpen = this.inner.holds().some(({ holdId, answer }) => holdId === args[0] && answer === null);
    this.#write('answerHold', { isFull: true, run: (journal) => journal.answerHold(...args) });
    return isOpen;
  }

  losePower(chance: Chance): void {
    const safe = this.#calls.findLastIndex((call) => call.isFull) + 1;
    this.#calls.length = safe + chance(this.#calls.length - safe + 1);
    this.inner = new MemoryJournal();
    for (const call of this.#calls) call.run(this.inner);
    // What was given out is not given out again: ids are reserved on disk in blocks.
    const next = this.inner.allocateIds(1);
    if (next < this.#ids) this.inner.allocateIds(this.#ids - next);
  }

  #write(name: string, call: Call): void {
    this.beforeWrite(name);
    this.writes += 1;
    this.#calls.push(call);
    call.run(this.inner);
  }
}

function rootRow(cloudId: string): BaseNode {
  return {
    ...{ id: ROOT_ID, parent: ROOT_ID, localName: '', cloudName: '', kind: 'folder', state: 'managed' },
    ...{ cloudId, rev: 1, contentId: null, size: null, meta: { mtimeMs: 0, exec: false }, sig: null },
  };
}
