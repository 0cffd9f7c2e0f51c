import { Injectable } from '@nestjs/common';
import {
  AppError,
  type BatchOp,
  type BatchOutcome,
  type ChunkRef,
  type ErrorCode,
  type OpId,
} from '@tideline/contracts';
import { DataSource, type EntityManager } from 'typeorm';
import { ScopeService } from '../change-feed/scope.service.ts';
import { CommitService } from '../drive/commit.service.ts';
import { loadManifests } from '../drive/content.store.ts';
import { AccessService, type NodeAccess } from '../grants/access.service.ts';
import { giveAgain } from '../grants/past-grants.ts';
import { cancelOnAbort } from '../platform/cancel-on-abort.ts';
import { isAdmin, type MemberPrincipal, type PersonPrincipal } from '../platform/principal.ts';
import { SocketHub } from '../platform/socket-hub.ts';
import { inTransaction } from '../platform/transaction.ts';
import { writePlan, type Recreates } from './plan.store.ts';
import {
  changeState,
  findAndLockState,
  findRequester,
  finishPlan,
  listChangedSince,
  listGrantedFolders,
  listSteps,
  recordOutcomes,
  tryHoldPlanning,
  type StepOutcome,
  type StoredRestore,
  type StoredStep,
} from './restore.store.ts';
import { toOp } from './to-ops.ts';

export type SliceLimits = { readonly planTimeoutMs: number; readonly steps: number };
/** Steps: short enough that nobody else waits long for the space. */
const LIMITS: SliceLimits = { planTimeoutMs: 10 * 60_000, steps: 100 };

/** One slice of a restore: its whole plan, or some of its steps. Each is one transaction that may be cut off anywhere. */
@Injectable()
export class RestoreRunner {
  /** Plans under way here, so that one that is cancelled ends. */
  readonly #planning = new Map<string, AbortController>();

  constructor(
    private readonly dataSource: DataSource,
    private readonly scopes: ScopeService,
    private readonly commits: CommitService,
    private readonly access: AccessService,
    private readonly sockets: SocketHub,
  ) {}

  /** Answers how many steps it did. A refusal that no later try can change ends the restore as `failed`. */
  async runSlice(restore: StoredRestore, stop: AbortSignal, limits = LIMITS): Promise<number> {
    try {
      if (restore.state === 'planning') return await this.#planWithin(restore, stop, limits.planTimeoutMs);
      return await this.#apply(restore, limits.steps);
    } catch (error) {
      if (!(error instanceof AppError) || error.code === 'UNAVAILABLE') throw error;
      await this.#fail(restore, error.code);
      return 0;
    }
  }

  /** Nothing came of it, and nothing will: somebody who cancelled it may have done so on any console. */
  abandon({ id }: Pick<StoredRestore, 'id'>): void {
    this.#planning.get(id)?.abort();
  }

  giveUp(restore: StoredRestore): Promise<void> {
    return this.#fail(restore, 'JOB_FAILED');
  }

  async #planWithin(restore: StoredRestore, stop: AbortSignal, timeoutMs: number): Promise<number> {
    const [abandoned, late] = [new AbortController(), AbortSignal.timeout(timeoutMs)];
    this.#planning.set(restore.id, abandoned);
    try {
      return await this.#plan(restore, AbortSignal.any([stop, abandoned.signal, late]));
    } catch (error) {
      if (abandoned.signal.aborted) return 0;
      if (stop.aborted) throw new AppError('UNAVAILABLE', undefined, { cause: error }); // the next start plans it
      if (late.aborted) throw new AppError('RESTORE_PLAN_TOO_LONG', undefined, { cause: error });
      throw error;
    } finally {
      this.#planning.delete(restore.id);
    }
  }

  /** As of one snapshot: what is committed while the plan is made is not part of it and stays as it is. */
  #plan(restore: StoredRestore, signal: AbortSignal): Promise<number> {
    const write = async (manager: EntityManager) => {
      if (!(await tryHoldPlanning(manager, restore))) return 0;
      const principal = await this.#getRequester(manager, restore);
      const { enterpriseId, spaceId, folderId, id: jobId, asOfSeq } = restore;
      const shown = await this.#findShown(manager, { principal, restore });
      const { gone } = await writePlan(manager, { enterpriseId, spaceId, folderId, jobId, asOfSeq, ...shown });
      await finishPlan(manager, restore, gone);
      return 1;
    };
    const work = (manager: EntityManager) => cancelOnAbort(this.dataSource, { manager, signal }, () => write(manager));
    return inTransaction(this.dataSource, work, {
      isolation: 'REPEATABLE READ',
      statementTimeoutMs: LIMITS.planTimeoutMs,
    });
  }

  /**
   * What the plan may speak of. To the owner of a personal space, and to a drive admin in any other, nothing is or was closed: what is
   * gone is made again for them, in a shared space where it is known who else may see it (ADR 0028). For everybody else grants decide,
   * those on folders in the bin included; of what is gone no more than its number is told.
   */
  async #findShown(manager: EntityManager, of: { principal: MemberPrincipal; restore: StoredRestore }) {
    const { principal, restore } = of;
    const hidden = await this.scopes.getOpen(manager, {
      principal,
      spaceId: restore.spaceId,
      rootId: restore.folderId,
    });
    const folder = (await this.access.resolve(manager, principal, [restore.folderId])).get(restore.folderId);
    if (folder && seesAll(principal, folder)) {
      const recreates: Recreates = folder.spaceKind === 'personal' ? 'all' : 'known';
      return { hidden, recreates, findUnseen: () => Promise.resolve([]) };
    }
    const granted = await listGrantedFolders(manager, restore);
    const rights = await this.access.resolve(manager, principal, granted);
    const closed = granted.filter((id) => !rights.get(id)?.atoms.has('list'));
    const findUnseen = async (ids: readonly string[]) => {
      const seen = new Set<string>((await this.access.resolve(manager, principal, ids)).keys());
      return ids.filter((id) => !seen.has(id));
    };
    return { hidden: new Set([...hidden, ...closed]), recreates: 'nothing' as const, findUnseen };
  }

  async #apply(restore: StoredRestore, limit: number): Promise<number> {
    const { steps, done } = await inTransaction(this.dataSource, async (manager) => {
      if ((await findAndLockState(manager, restore)) !== 'applying') return { steps: 0, done: undefined };
      const page = await listSteps(manager, restore, { after: 0, limit, state: 'pending' });
      if (page.length === 0) {
        await changeState(manager, restore, { from: ['applying'], to: 'done' });
        return { steps: 0, done: undefined };
      }
      return { steps: page.length, done: await this.#carryOut(manager, restore, page) };
    });
    const { enterpriseId, spaceId } = restore;
    if (done?.committed?.changed) this.sockets.nudgeSpace(enterpriseId, spaceId, done.committed.seq);
    if (done?.givesRights) this.sockets.rightsChanged(enterpriseId, spaceId);
    return steps;
  }

  /** The steps and what became of them in one transaction: after a crash each is either done and said to be, or neither. */
  async #carryOut(manager: EntityManager, restore: StoredRestore, steps: readonly StoredStep[]) {
    const principal = await this.#getRequester(manager, restore);
    await this.#requireSight(manager, { principal, restore, steps });
    const manifests = await this.#loadManifests(manager, restore, steps);
    const trashed = steps.filter((step) => step.kind === 'trash').map((step) => step.nodeId);
    const changed = await listChangedSince(manager, restore, trashed);
    const ops = steps.map((step) =>
      changed.has(step.nodeId) ? undefined : toOp(step, { manifests, plannedSeq: restore.plannedSeq }),
    );
    const wanted = ops.filter((op): op is BatchOp => op !== undefined);
    const committed =
      wanted.length === 0 ? undefined : await this.#commit(manager, { restore, principal, ops: wanted });
    const outcomes = new Map(committed?.outcomes.map((outcome) => [outcome.opId, outcome]));
    await recordOutcomes(
      manager,
      restore,
      steps.map((step) => toStepOutcome(step, outcomes, changed)),
    );
    return { committed, givesRights: await this.#giveAgain(manager, restore, { steps, outcomes }) };
  }

  /** Before anybody can see a folder that is made again, it is for those for whom it was. */
  #giveAgain(
    manager: EntityManager,
    restore: StoredRestore,
    { steps, outcomes }: { steps: readonly StoredStep[]; outcomes: ReadonlyMap<string, BatchOutcome> },
  ): Promise<boolean> {
    const made = steps.flatMap(({ nodeKind, wasId, nodeId, opId }) =>
      nodeKind === 'folder' && wasId !== null && outcomes.get(opId)?.status === 'done' ? [{ wasId, nodeId }] : [],
    );
    return giveAgain(manager, { enterpriseId: restore.enterpriseId, spaceId: restore.spaceId }, made);
  }

  /** What was purged is made again only for who could see all of it: an admin of then may be none by now. */
  async #requireSight(
    manager: EntityManager,
    of: { principal: MemberPrincipal; restore: StoredRestore; steps: readonly StoredStep[] },
  ): Promise<void> {
    const { principal, restore, steps } = of;
    if (!steps.some((step) => step.kind === 'recreate')) return;
    const folder = (await this.access.resolve(manager, principal, [restore.folderId])).get(restore.folderId);
    if (!folder || !seesAll(principal, folder)) throw new AppError('FORBIDDEN');
  }

  #commit(
    manager: EntityManager,
    { restore, principal, ops }: { restore: StoredRestore; principal: MemberPrincipal; ops: readonly BatchOp[] },
  ) {
    return this.commits.commitIn(manager, {
      principal,
      spaceId: restore.spaceId,
      request: { atomic: false, origin: 'sync', ops: [...ops], inline: [] },
      pack: { packId: undefined, sizeBytes: 0, packed: [], proven: [] },
      // contents of this folder's own past; that of a purged file has no node any more that could be asked for the right
      vouched: new Set(ops.flatMap((op) => ('content' in op ? op.content.chunks.map((chunk) => chunk.hash) : []))),
    });
  }

  #loadManifests(
    manager: EntityManager,
    restore: StoredRestore,
    steps: readonly StoredStep[],
  ): Promise<Map<string, ChunkRef[]>> {
    const contents = steps.flatMap(({ contentId, size }) =>
      contentId === null || size === null ? [] : [{ contentId, size }],
    );
    return loadManifests(manager, restore.enterpriseId, contents);
  }

  async #getRequester(manager: EntityManager, restore: StoredRestore): Promise<MemberPrincipal> {
    const found = await findRequester(manager, restore);
    if (!found?.isOpen) throw new AppError('FORBIDDEN');
    const { enterpriseId, userId, deviceId, readsPersonalSpace, id } = restore;
    const { agentVersion } = found;
    if (deviceId !== null && agentVersion !== null) {
      return { kind: 'device', enterpriseId, userId, deviceId, agentVersion, readsPersonalSpace };
    }
    const role = found.role as PersonPrincipal['role']; // users of an enterprise have no other
    return { kind: 'person', enterpriseId, userId, role, sessionId: id };
  }

  async #fail(restore: StoredRestore, failure: ErrorCode): Promise<void> {
    const { manager } = this.dataSource;
    await changeState(manager, restore, { from: ['planning', 'applying'], to: 'failed', failure });
  }
}

/** As people, not by their devices: those have no account role. */
function seesAll(principal: MemberPrincipal, folder: NodeAccess): boolean {
  return folder.spaceKind === 'personal' ? folder.ownerUserId === principal.userId : isAdmin(principal);
}

function toStepOutcome(
  step: StoredStep,
  outcomes: ReadonlyMap<OpId, BatchOutcome>,
  changed: ReadonlySet<string>,
): StepOutcome {
  const { ordinal } = step;
  if (changed.has(step.nodeId)) return { ordinal, code: 'REV_MISMATCH', seq: null };
  const outcome = outcomes.get(step.opId as OpId);
  if (!outcome) return { ordinal, code: 'NOT_FOUND', seq: null };
  return outcome.status === 'done'
    ? { ordinal, code: null, seq: outcome.node.seq }
    : { ordinal, code: outcome.code, seq: null };
}
