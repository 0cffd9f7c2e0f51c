import type { LocalOp } from '../model/plan.ts';
import type { Execution } from './execution.ts';
import { isPutOff } from './put-off.ts';

/** The moves of one plan that go by way of staging, so that names can be exchanged. */
export class Exchanges {
  readonly #execution: Execution;
  readonly #order: ReadonlyMap<string, number>;
  readonly #ops: readonly LocalOp[];
  readonly #secondHalves: ReadonlyMap<number | undefined, LocalOp>;

  constructor(ops: readonly LocalOp[], execution: Execution) {
    this.#execution = execution;
    this.#ops = ops;
    this.#order = new Map(ops.map((op, index) => [op.opId, index]));
    const seconds = ops.filter((op) => op.atomicGroup !== undefined && !isFirstHalf(op));
    this.#secondHalves = new Map(seconds.map((op) => [op.atomicGroup, op]));
  }

  /**
   * Whether all that has to be done between the two halves can be. A node that goes out of sight for nothing would have to come
   * back, everything be looked at again, and the same be tried once more.
   */
  mayBegin(first: LocalOp): boolean {
    if (!isFirstHalf(first)) return true;
    const second = this.#secondHalves.get(first.atomicGroup);
    if (!second) return false;
    const begun = this.#order.get(first.opId) ?? 0;
    return [...this.#neededBy(second)].every((op) => {
      if (op === first || this.#execution.hasDone(op.opId)) return true;
      return (this.#order.get(op.opId) ?? 0) > begun && this.#isComing(op);
    });
  }

  /** Neither it nor what it needs was left out of what is carried out. */
  #isComing(op: LocalOp): boolean {
    const isKnown = (op.after ?? []).every((opId) => this.#order.has(opId) || this.#execution.hasDone(opId));
    return isKnown && !isPutOff(op, this.#execution);
  }

  /** The operation and everything that must have been done before it. */
  #neededBy(last: LocalOp): Set<LocalOp> {
    const needed = new Set([last]);
    for (const op of needed) {
      for (const opId of op.after ?? []) {
        const before = this.#ops[this.#order.get(opId) ?? -1];
        if (before) needed.add(before);
      }
    }
    return needed;
  }
}

const isFirstHalf = (op: LocalOp): boolean => op.op === 'localMove' && op.staged;
