import { Injectable, Logger, type OnModuleInit } from '@nestjs/common';
import {
  AppError,
  type BatchOp,
  type BatchOutcome,
  type ChunkRef,
  type ErrorCode,
  type NodeId,
  type OpId,
} from '@tideline/contracts';
import { DataSource, type EntityManager } from 'typeorm';
import { NIL } from 'uuid';
import { CommitService } from '../drive/commit.service.ts';
import { Attempts } from '../jobs/attempts.ts';
import { countedIn } from '../jobs/counted-tries.ts';
import { JobRunner } from '../jobs/job-runner.ts';
import type { JobCounts } from '../jobs/periodic-job.ts';
import { cancelOnAbort } from '../platform/cancel-on-abort.ts';
import { Clock } from '../platform/clock.ts';
import { numberedName } from '../platform/numbered-name.ts';
import type { PersonPrincipal } from '../platform/principal.ts';
import { SocketHub } from '../platform/socket-hub.ts';
import { inTransaction } from '../platform/transaction.ts';
import { toFolderName } from './folder-name.ts';
import { derivedId } from './handover-ids.ts';
import { planOps, type PlannedOp } from './handover-ops.ts';
import {
  allowChunks,
  keepAuthors,
  listContentChunks,
  listItems,
  listOpenHandovers,
  planItems,
  saveDone,
  saveFolder,
  savePosition,
  saveWait,
  type HandoverItem,
  type OpenHandover,
} from './handover.store.ts';

export const HANDOVER_JOB = 'handover';
/** Where received transfers are found (TA-2). */
export const TRANSFERS_FOLDER = 'Received transfers';
const EVERY_MS = 5_000;
const ITEMS_PER_SLICE = 100;
const OPS_PER_COMMIT = 500;
const PLAN_TIMEOUT_MS = 10 * 60_000;
/** One that failed so often is left alone for so long. It is never given up: what it would carry over goes with its space. */
const REST_MS = 60 * 60_000;
const MAX_NAME_TRIES = 50;
/** Of the receiver's own making: another thing of that name came between. */
const NAME_TAKEN = 'NAME_TAKEN';

class Waiting extends Error {
  constructor(readonly code: ErrorCode) {
    super(code);
  }
}

/**
 * Carries kept spaces over: new nodes and versions at the receiver's that name the same contents, so that no byte travels.
 * The ids of nodes and operations follow from the hand-over and the source, and each slice moves the position in its own
 * transaction: ended anywhere, the next run goes on there. Each hand-over has a slice in turn, and one that fails is tried again
 * later (ADR 0024). The source stays as it is until its time is up.
 */
@Injectable()
export class HandoverJob implements OnModuleInit {
  readonly #logger = new Logger('handover');
  readonly #attempts = new Attempts();
  #lastServed: string = NIL;

  constructor(
    private readonly dataSource: DataSource,
    private readonly clock: Clock,
    private readonly commits: CommitService,
    private readonly sockets: SocketHub,
    private readonly jobs: JobRunner,
  ) {}

  onModuleInit(): void {
    const run = (signal: AbortSignal, stop: AbortSignal) => this.run(signal, stop);
    this.jobs.register({ name: HANDOVER_JOB, lane: 'long', everyMs: EVERY_MS, run });
  }

  async run(signal: AbortSignal, stop: AbortSignal): Promise<JobCounts> {
    let [nodes, failed] = [0, 0];
    let round = await listOpenHandovers(this.dataSource.manager, this.#lastServed, this.clock.now());
    while (round.length > 0 && !signal.aborted) {
      const unfinished: OpenHandover[] = [];
      for (const handover of round) {
        if (signal.aborted) break;
        this.#lastServed = handover.id;
        const next = await this.#trySlice(handover, stop).catch((err: unknown) => {
          this.#logger.error({ err, handover: handover.id }, 'a slice of a hand-over failed');
          failed += 1;
          return undefined;
        });
        if (!next) continue;
        nodes += next.position - handover.position;
        unfinished.push(next);
      }
      round = unfinished;
    }
    return { nodes, failed };
  }

  #trySlice(handover: OpenHandover, stop: AbortSignal): Promise<OpenHandover | undefined> {
    const { manager } = this.dataSource;
    const { clock } = this;
    const { enterpriseId, id } = handover;
    return this.#attempts.try({
      ...countedIn({ manager, clock }, { enterpriseId, id, table: 'handover', state: 'open' }),
      run: () => this.#orWait(handover, () => this.#runSlice(handover, stop)),
      giveUp: () =>
        saveWait(manager, handover, { for: 'JOB_FAILED', retryAt: new Date(clock.now().getTime() + REST_MS) }),
    });
  }

  async #orWait<T>(handover: OpenHandover, work: () => Promise<T>): Promise<T | undefined> {
    try {
      return await work();
    } catch (error) {
      if (!(error instanceof Waiting)) throw error;
      await saveWait(this.dataSource.manager, handover, { for: error.code, retryAt: null });
      return undefined;
    }
  }

  /** Its list, its folder or some of its nodes. Answers how it is then; `undefined`: it is done. */
  async #runSlice(handover: OpenHandover, stop: AbortSignal): Promise<OpenHandover | undefined> {
    if (handover.receiverGone) throw new Waiting('USER_DISABLED');
    if (!handover.planned) {
      await this.#plan(handover, stop);
      return { ...handover, planned: true };
    }
    const { folderId } = handover;
    if (!folderId) return { ...handover, folderId: await this.#makeFolder(handover) };
    const items = await listItems(this.dataSource.manager, handover, ITEMS_PER_SLICE);
    const last = items.at(-1);
    if (!last) {
      await saveDone(this.dataSource.manager, handover, this.clock.now());
      return undefined;
    }
    await this.#carrySlice({ ...handover, folderId }, items);
    return { ...handover, position: last.ordinal };
  }

  async #plan(handover: OpenHandover, stop: AbortSignal): Promise<void> {
    const work = (manager: EntityManager) =>
      cancelOnAbort(this.dataSource, { manager, signal: stop }, () => planItems(manager, handover));
    try {
      await inTransaction(this.dataSource, work, { statementTimeoutMs: PLAN_TIMEOUT_MS });
    } catch (error) {
      if (stop.aborted) throw new AppError('UNAVAILABLE', undefined, { cause: error }); // the next start plans it
      throw error;
    }
  }

  async #makeFolder(handover: OpenHandover): Promise<NodeId> {
    const day = handover.createdAt.toISOString().slice(0, 10);
    const { folderId, seq } = await inTransaction(this.dataSource, async (manager) => {
      const all = await this.#ensureFolder(manager, handover, { parentId: handover.toRootId, name: TRANSFERS_FOLDER });
      const name = toFolderName(`${handover.fromName} ${day}`);
      const own = await this.#ensureFolder(manager, handover, { parentId: all.id, name, isOwn: true });
      await saveFolder(manager, handover, own.id);
      return { folderId: own.id, seq: own.seq };
    });
    this.sockets.nudgeSpace(handover.enterpriseId, handover.toSpaceId, seq);
    return folderId;
  }

  async #ensureFolder(
    manager: EntityManager,
    handover: OpenHandover,
    wanted: WantedFolder,
  ): Promise<{ id: NodeId; seq: number }> {
    const nodeId = derivedId<NodeId>(handover.id, wanted.parentId, wanted.name);
    for (let number = 1; number <= MAX_NAME_TRIES; number += 1) {
      const name = number === 1 ? wanted.name : numberedName(wanted.name, number);
      const opId = derivedId<OpId>(handover.id, wanted.parentId, name);
      const op = { kind: 'createFolder', opId, nodeId, parentId: wanted.parentId, name } as const;
      const { outcomes, seq } = await this.#commit(manager, handover, [op]);
      const id = findFolder(outcomes[0], wanted);
      if (id) return { id, seq };
    }
    throw new Waiting(NAME_TAKEN);
  }

  async #carrySlice(
    handover: OpenHandover & { readonly folderId: NodeId },
    items: readonly HandoverItem[],
  ): Promise<void> {
    const seq = await inTransaction(this.dataSource, async (manager) => {
      const ops = await this.#plannedOps(manager, handover, items);
      let seq = 0;
      for (let at = 0; at < ops.length; at += OPS_PER_COMMIT) {
        seq = await this.#commitOps(manager, handover, ops.slice(at, at + OPS_PER_COMMIT));
      }
      await savePosition(manager, handover, items.at(-1)?.ordinal ?? handover.position);
      return seq;
    });
    this.sockets.nudgeSpace(handover.enterpriseId, handover.toSpaceId, seq);
  }

  async #plannedOps(
    manager: EntityManager,
    handover: OpenHandover & { readonly folderId: NodeId },
    items: readonly HandoverItem[],
  ): Promise<PlannedOp[]> {
    const contentIds = [...new Set(items.flatMap((item) => item.versions.map((version) => version.contentId)))];
    const several = await listContentChunks(manager, handover, contentIds);
    const chunksOf = ({ contentId, size }: { contentId: string; size: number }): readonly ChunkRef[] =>
      several.get(contentId) ?? (size === 0 ? [] : [{ hash: contentId as ChunkRef['hash'], size }]);
    const ops = planOps(items, { handoverId: handover.id, folderId: handover.folderId, chunksOf });
    const chunks = ops.flatMap(({ op }) => ('content' in op ? op.content.chunks : []));
    const receiver = { enterpriseId: handover.enterpriseId, userId: handover.toUserId };
    await allowChunks(manager, receiver, [...new Set(chunks.map((chunk) => chunk.hash))]);
    return ops;
  }

  /** What is refused for its name is sent again under a numbered one, with what depends on it. */
  async #commitOps(manager: EntityManager, handover: OpenHandover, planned: readonly PlannedOp[]): Promise<number> {
    const versions = new Map(planned.map(({ op, version }) => [String(op.opId), version]));
    const taken = new Set<string>();
    let ops: BatchOp[] = planned.map(({ op }) => op);
    for (let number = 2; number <= MAX_NAME_TRIES; number += 1) {
      const { outcomes, seq } = await this.#commit(manager, handover, ops);
      await keepAuthors(manager, handover, pairVersions(outcomes, versions));
      const refused = new Map(outcomes.flatMap((each) => (each.status === 'refused' ? [[each.opId, each.code]] : [])));
      if (refused.size === 0) return seq;
      if (![...refused.values()].includes(NAME_TAKEN)) throw new Waiting([...refused.values()][0] ?? 'INTERNAL');
      for (const [opId, code] of refused) if (code === NAME_TAKEN) taken.add(opId);
      const again = planned.filter(({ op }) => refused.has(op.opId));
      ops = again.map(({ op }) => (taken.has(op.opId) ? renamed(op, number) : op));
    }
    throw new Waiting(NAME_TAKEN);
  }

  #commit(manager: EntityManager, handover: OpenHandover, ops: readonly BatchOp[]) {
    return this.commits.commitIn(manager, {
      principal: receiverOf(handover),
      spaceId: handover.toSpaceId,
      request: { atomic: false, ops: [...ops], inline: [] },
      pack: { packId: undefined, sizeBytes: 0, packed: [], proven: [] },
    });
  }
}

/** `isOwn`: of this hand-over alone, so that one of the same name is stepped aside from. */
type WantedFolder = { readonly parentId: NodeId; readonly name: string; readonly isOwn?: boolean };

/** The folder that was made or was there; `undefined`: try the next name. */
function findFolder(outcome: BatchOutcome | undefined, wanted: WantedFolder): NodeId | undefined {
  if (!outcome) throw new Error('one operation, one outcome');
  if (outcome.status === 'done') return outcome.node.id;
  if (outcome.code !== NAME_TAKEN) throw new Waiting(outcome.code);
  return !wanted.isOwn && outcome.node?.kind === 'folder' ? outcome.node.id : undefined;
}

/** The commit runs in the receiver's name: it is the receiver's space, with the receiver's room and rights. */
function receiverOf(handover: OpenHandover): PersonPrincipal {
  const { enterpriseId, toUserId: userId, id: sessionId } = handover;
  return { kind: 'person', enterpriseId, userId, role: 'user', sessionId };
}

function pairVersions(outcomes: readonly BatchOutcome[], versions: ReadonlyMap<string, PlannedOp['version']>) {
  return outcomes.flatMap((outcome) => {
    const from = versions.get(outcome.opId);
    const to = outcome.status === 'done' ? outcome.node.versionId : null;
    return from && to ? [{ from, to }] : [];
  });
}

function renamed(op: BatchOp, number: number): BatchOp {
  return 'name' in op ? { ...op, name: numberedName(op.name, number) } : op;
}
