import type { BatchOp, BatchOutcome, DriveNode, ErrorCode } from '@tideline/contracts';
import type { SpaceParts } from '../grants/space-parts.ts';
import {
  decideOp,
  findPlaceRefusal,
  type NewVersion,
  type OpContext,
  type Refusal,
  type Verdict,
} from './decide-op.ts';
import { findReadingRefusal } from './newly-readable.ts';

export type BatchInput = OpContext & {
  readonly ops: readonly BatchOp[];
  readonly atomic: boolean;
  /** What decides whether the mover sees more of a node at another place; see `Placing`. */
  readonly parts?: SpaceParts | undefined;
  /** Outcomes that operations of this actor were given before: they are repeated, not carried out again. */
  readonly answered: ReadonlyMap<string, BatchOutcome>;
  /** By opId: room that is kept for the operation alone, besides `roomBytes` (which may be below zero) (VE-3). */
  readonly keptBytes: ReadonlyMap<string, number>;
  /** The space's seq before the batch. */
  readonly seq: number;
};
/** One change of one node, with the seq it takes. The changes of a batch have consecutive seqs, in the order of its operations. */
export type Change = {
  readonly opId: string;
  readonly before: DriveNode | null;
  readonly after: DriveNode;
  readonly version: NewVersion | null;
};
export type BatchDecision = { readonly outcomes: readonly BatchOutcome[]; readonly changes: readonly Change[] };

/**
 * Decides a whole batch against the state read under the lock of its space; writes nothing. `input.tree` is left with its changes.
 * Item by item, each operation sees what those before it did. Atomic: places are judged when all have moved, so that names
 * may be swapped and rotated; one refusal refuses all.
 */
export function decideBatch(input: BatchInput): BatchDecision {
  const run = new BatchRun(input);
  for (const op of input.ops) run.take(op);
  return input.atomic ? run.settleAtomic() : run.decision();
}

class BatchRun {
  readonly #input: BatchInput;
  readonly #outcomes: BatchOutcome[] = [];
  readonly #changes: Change[] = [];
  readonly #restoring: ReadonlySet<string>;
  #roomBytes: number | null;

  constructor(input: BatchInput) {
    this.#input = input;
    this.#roomBytes = input.roomBytes;
    this.#restoring = new Set(input.ops.flatMap((op) => (op.kind === 'restore' ? [op.nodeId] : [])));
  }

  take(op: BatchOp): void {
    const answered = this.#input.answered.get(op.opId);
    const context = { ...this.#input, roomBytes: this.#roomFor(op), restoring: this.#restoring };
    this.#outcomes.push(answered ?? this.#carryOut(op, decideOp(op, context)));
  }

  #roomFor({ opId }: BatchOp): number | null {
    return this.#roomBytes === null ? null : Math.max(0, this.#roomBytes + this.#kept(opId));
  }

  #kept(opId: string): number {
    return this.#input.keptBytes.get(opId) ?? 0;
  }

  decision(): BatchDecision {
    return { outcomes: this.#outcomes, changes: this.#changes };
  }

  settleAtomic(): BatchDecision {
    const before = statesBefore(this.#changes);
    const outcomes = this.#input.ops.map((op, index) => this.#judgePlace(op, this.#outcomes[index], before));
    if (outcomes.every((outcome) => outcome.status === 'done')) return this.decision();
    for (const { after, before } of this.#changes.toReversed()) this.#input.tree.undo(after, before);
    return { outcomes: outcomes.map((outcome) => this.#abort(outcome)), changes: [] };
  }

  #carryOut(op: BatchOp, verdict: Verdict): BatchOutcome {
    if (verdict.kind === 'refused') return toRefused(op.opId, verdict);
    if (verdict.kind === 'unchanged') return { status: 'done', opId: op.opId, node: verdict.node };
    const before = this.#input.tree.find(op.nodeId) ?? null;
    const made = (verdict.folders ?? []).map((folder) => this.#put(op, { before: null, node: folder, version: null }));
    const change = this.#put(op, { before, node: verdict.node, version: verdict.version });
    const refusal = this.#input.atomic ? undefined : this.#findRefusal(op, statesBefore([change]));
    if (refusal) {
      for (const each of [change, ...made.toReversed()]) this.#takeBack(each);
      return toRefused(op.opId, refusal);
    }
    if (this.#roomBytes !== null && verdict.version) this.#roomBytes += this.#kept(op.opId) - verdict.version.size;
    return { status: 'done', opId: op.opId, node: change.after };
  }

  #put(op: BatchOp, { before, node, version }: Omit<Change, 'opId' | 'after'> & { node: DriveNode }): Change {
    const after = { ...node, rev: node.rev + 1, seq: this.#input.seq + this.#changes.length + 1 };
    const change = { opId: op.opId, before, after, version };
    this.#input.tree.put(after);
    this.#changes.push(change);
    return change;
  }

  #takeBack({ after, before }: Change): void {
    this.#input.tree.undo(after, before);
    this.#changes.pop();
  }

  #findRefusal(op: BatchOp, before: StatesBefore): Refusal | undefined {
    const { tree, parts } = this.#input;
    return findPlaceRefusal(op, tree) ?? findReadingRefusal(op, { tree, parts, before });
  }

  #judgePlace(op: BatchOp, outcome: BatchOutcome | undefined, before: StatesBefore): BatchOutcome {
    if (!outcome) throw new Error('every operation has an outcome');
    if (outcome.status === 'refused' || this.#input.answered.has(op.opId)) return outcome;
    const refusal = this.#findRefusal(op, before);
    return refusal ? toRefused(op.opId, { ...refusal, node: this.#untouched(refusal.node) }) : outcome;
  }

  /** What a refused batch moved has no place to tell. */
  #untouched(node: DriveNode | null): DriveNode | null {
    return this.#changes.some(({ after }) => after.id === node?.id) ? null : node;
  }

  /** A refused batch changed nothing: what would have been done is told as aborted, what was done before stays done. */
  #abort(outcome: BatchOutcome): BatchOutcome {
    if (outcome.status === 'refused' || this.#input.answered.has(outcome.opId)) return outcome;
    return { status: 'refused', opId: outcome.opId, code: 'BATCH_ABORTED' satisfies ErrorCode, node: null };
  }
}

type StatesBefore = ReadonlyMap<string, DriveNode>;

/** Of each changed node that was there already, the state before its first change. */
function statesBefore(changes: readonly Change[]): StatesBefore {
  return new Map(changes.toReversed().flatMap(({ before }) => (before ? [[before.id, before]] : [])));
}

function toRefused(opId: BatchOp['opId'], refusal: Refusal): BatchOutcome {
  const { code, node, missing } = refusal;
  return { status: 'refused', opId, code, node, ...(missing ? { missing: [...missing] } : {}) };
}
