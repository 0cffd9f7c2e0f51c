import type { BatchOutcome } from '@tideline/contracts';
import { reservationsOf } from '../quota/reservation-id.ts';
import type { Author, BatchNodes, LockedSpace } from './batch.store.ts';
import { BatchTree, type RightsByNode } from './batch-tree.ts';
import { decideBatch, type BatchDecision, type BatchInput } from './decide-batch.ts';

export type GroupBatch = Pick<BatchInput, 'ops' | 'atomic' | 'unusable' | 'barriers' | 'parts'> & {
  readonly author: Author;
  readonly rights: RightsByNode;
};
type Shared = 'changedSubtrees' | 'lostPaths' | 'now' | 'newVersionId' | 'newNodeId' | 'contentIdOf';
export type GroupInput<B extends GroupBatch> = Pick<BatchInput, Shared> & {
  readonly batches: readonly B[];
  /** What the database holds, of all that the batches can depend on. */
  readonly found: BatchNodes;
  readonly space: LockedSpace;
  /** By actor, then by operation. */
  readonly answered: ReadonlyMap<string, ReadonlyMap<string, BatchOutcome>>;
  /** By reservation: bytes that are promised to it. */
  readonly reserved: ReadonlyMap<string, number>;
};
export type GroupDecision<B> = BatchDecision & {
  readonly batch: B;
  /** The space's seq after this batch. */
  readonly seq: number;
  /** The tree in the eyes of the batch's author. */
  readonly tree: BatchTree;
  /** Reservations whose bytes count as used now. */
  readonly usedUp: readonly string[];
};

/**
 * Decides batches of one space one after another, each as if those before it were committed: their nodes, names, answers, used
 * room and seqs are what the next one finds. Only the first one may ask for more than that: see `asksForFoundState`.
 */
export function decideGroup<B extends GroupBatch>(input: GroupInput<B>): GroupDecision<B>[] {
  const run = new GroupRun(input);
  return input.batches.map((batch) => ({ batch, ...run.take(batch) }));
}

class GroupRun {
  readonly #input: GroupInput<GroupBatch>;
  readonly #tree: BatchTree;
  readonly #answered: Map<string, Map<string, BatchOutcome>>;
  readonly #reserved: Map<string, number>;
  #seq: number;
  /** Used or promised. */
  #takenBytes: number;

  constructor(input: GroupInput<GroupBatch>) {
    const { space } = input;
    this.#input = input;
    this.#tree = new BatchTree(input.found.nodes, new Map());
    this.#answered = new Map([...input.answered].map(([actorId, outcomes]) => [actorId, new Map(outcomes)]));
    this.#reserved = new Map(input.reserved);
    this.#seq = space.seq;
    this.#takenBytes = space.usedBytes + space.reservedBytes;
  }

  take(batch: GroupBatch): Omit<GroupDecision<GroupBatch>, 'batch'> {
    const { changedSubtrees, lostPaths, now, newVersionId, newNodeId, contentIdOf, found, space } = this.#input;
    const { ops, atomic, unusable, barriers = NO_BARRIERS, parts } = batch;
    const tree = this.#tree.seenBy(batch.rights);
    const promised = this.#reservationsOf(batch);
    const decision = decideBatch({
      ...{
        ops,
        atomic,
        unusable,
        barriers,
        parts,
        tree,
        changedSubtrees,
        lostPaths,
        now,
        newVersionId,
        newNodeId,
        contentIdOf,
      },
      answered: this.#answersTo(batch.author.actorId),
      takenIds: found.takenIds,
      purged: found.purged,
      roomBytes: space.quotaBytes === null ? null : space.quotaBytes - this.#takenBytes,
      keptBytes: new Map([...promised].map(([opId, id]) => [opId, this.#reserved.get(id) ?? 0])),
      seq: this.#seq,
    });
    this.#advance(batch.author.actorId, decision);
    return { ...decision, seq: this.#seq, tree, usedUp: this.#useUp(promised, decision) };
  }

  #answersTo(actorId: string): Map<string, BatchOutcome> {
    const answers = this.#answered.get(actorId) ?? new Map<string, BatchOutcome>();
    this.#answered.set(actorId, answers);
    return answers;
  }

  #reservationsOf({ author, ops }: GroupBatch): ReadonlyMap<string, string> {
    return this.#reserved.size === 0 ? NO_RESERVATIONS : reservationsOf(author.actorId, ops);
  }

  #advance(actorId: string, decision: BatchDecision): void {
    const answers = this.#answersTo(actorId);
    this.#seq += decision.changes.length;
    for (const outcome of changedOutcomes(decision)) answers.set(outcome.opId, outcome);
    for (const { version } of decision.changes) this.#takenBytes += version?.size ?? 0;
  }

  #useUp(promised: ReadonlyMap<string, string>, { outcomes }: BatchDecision): string[] {
    const ids = outcomes.flatMap(({ status, opId }) => (status === 'done' ? (promised.get(opId) ?? []) : []));
    for (const id of ids) {
      this.#takenBytes -= this.#reserved.get(id) ?? 0;
      this.#reserved.delete(id);
    }
    return ids;
  }
}

const NO_BARRIERS: NonNullable<BatchInput['barriers']> = new Map();
const NO_RESERVATIONS: ReadonlyMap<string, string> = new Map();

/** What is remembered, so that the same operation is answered and not carried out again. */
export function changedOutcomes({ changes, outcomes }: BatchDecision): BatchOutcome[] {
  const changed = new Set(changes.map((change) => change.opId));
  return outcomes.filter((outcome) => changed.has(outcome.opId));
}
