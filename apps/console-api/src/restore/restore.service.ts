import { Injectable } from '@nestjs/common';
import {
  AppError,
  type Atom,
  type NodeId,
  type RestoreId,
  type RestoreJob,
  type RestoreState,
  type RestoreStep,
  type RestoreStepsQuery,
  type SpaceId,
  type SpaceJobsQuery,
  type SpaceRestore,
} from '@tideline/contracts';
import { DataSource, type EntityManager } from 'typeorm';
import { v7 as uuidv7 } from 'uuid';
import type { z } from 'zod';
import { AccessService } from '../grants/access.service.ts';
import { isAdmin, type MemberPrincipal } from '../platform/principal.ts';
import { RestoreRunner } from './restore-runner.ts';
import {
  changeState,
  findFolderPast,
  findRestore,
  findSeqAt,
  insertRestore,
  listSpaceRestores,
  listSteps,
  type FolderPast,
  type StoredRestore,
  type StoredStep,
} from './restore.store.ts';

const NEEDED: readonly Atom[] = ['list', 'create', 'update', 'move', 'delete'];

/** VE-4: asks for restores and tells of them. A restore is its requester's own business; to everybody else it is not there. */
@Injectable()
export class RestoreService {
  constructor(
    private readonly dataSource: DataSource,
    private readonly access: AccessService,
    private readonly runner: RestoreRunner,
  ) {}

  async plan(principal: MemberPrincipal, nodeId: NodeId, at: Date): Promise<RestoreJob> {
    const { manager } = this.dataSource;
    const { spaceId } = await this.#requireRights(manager, principal, nodeId);
    const folder = { enterpriseId: principal.enterpriseId, spaceId, nodeId };
    const asOfSeq = (await findSeqAt(manager, folder, at)) ?? 0;
    const past = await findFolderPast(manager, folder, asOfSeq);
    if (!past?.wasThere) throw tooEarly(past, at);
    const id = uuidv7() as RestoreId;
    await insertRestore(manager, {
      enterpriseId: principal.enterpriseId,
      id,
      spaceId,
      folderId: nodeId,
      at,
      asOfSeq,
      userId: principal.userId,
      deviceId: principal.kind === 'device' ? principal.deviceId : null,
      readsPersonalSpace: principal.kind === 'person' || principal.readsPersonalSpace,
    });
    return this.get(principal, id);
  }

  async get(principal: MemberPrincipal, id: RestoreId): Promise<RestoreJob> {
    return toRestoreJob(await this.#getOwn(principal, id));
  }

  /** Those that the caller may end, in a space that the caller sees. */
  async listIn(
    principal: MemberPrincipal,
    spaceId: SpaceId,
    { after, limit }: z.output<typeof SpaceJobsQuery>,
  ): Promise<{ restores: SpaceRestore[]; next: string | null }> {
    const { manager } = this.dataSource;
    await this.access.requireWatchable(manager, principal, spaceId);
    const found = await listSpaceRestores(
      manager,
      { enterpriseId: principal.enterpriseId, spaceId },
      {
        after: after ?? null,
        limit: limit + 1,
        userId: isAdmin(principal) ? null : principal.userId,
        withPersonal: principal.kind === 'person' || principal.readsPersonalSpace,
      },
    );
    const shown = found.slice(0, limit);
    const folderIds = shown.map((restore) => restore.folderId);
    const seen = await this.access.resolve(manager, principal, folderIds);
    const restores = shown.map((restore) => ({
      ...toRestoreJob(restore),
      by: { id: restore.userId, name: restore.userName },
      folderName: seen.has(restore.folderId) ? restore.folderName : null,
    }));
    return { restores, next: found.length > limit ? (shown.at(-1)?.id ?? null) : null };
  }

  async listSteps(
    principal: MemberPrincipal,
    id: RestoreId,
    page: z.output<typeof RestoreStepsQuery>,
  ): Promise<{ steps: RestoreStep[]; next: number | null }> {
    const restore = await this.#getOwn(principal, id);
    const steps = await listSteps(this.dataSource.manager, restore, { ...page, limit: page.limit + 1 });
    const shown = steps.slice(0, page.limit).map(toStep);
    return { steps: shown, next: steps.length > page.limit ? (shown.at(-1)?.ordinal ?? null) : null };
  }

  apply(principal: MemberPrincipal, id: RestoreId): Promise<RestoreJob> {
    return this.#change(principal, id, { from: ['planned'], to: 'applying' });
  }

  /** What is done stays done: each step left nodes whole, and the plan made anew goes on from there. */
  async cancel(principal: MemberPrincipal, id: RestoreId): Promise<RestoreJob> {
    const cancelled = await this.#change(principal, id, { from: ['planning', 'planned', 'applying'], to: 'cancelled' });
    this.runner.abandon(cancelled);
    return cancelled;
  }

  async #change(
    principal: MemberPrincipal,
    id: RestoreId,
    change: { readonly from: readonly RestoreState[]; readonly to: RestoreState },
  ): Promise<RestoreJob> {
    const { manager } = this.dataSource;
    const restore =
      change.to === 'cancelled' ? await this.#getEndable(principal, id) : await this.#getOwn(principal, id);
    const isChanged = restore.state === change.to || (await changeState(manager, restore, change));
    const now = (await findRestore(manager, restore)) ?? restore;
    if (!isChanged) throw new AppError('RESTORE_STATE', { state: now.state });
    return toRestoreJob(now);
  }

  /** A drive admin may end whose it may be: it works on everybody's space. Its steps stay its requester's business. */
  async #getEndable(principal: MemberPrincipal, id: RestoreId): Promise<StoredRestore> {
    const restore = await findRestore(this.dataSource.manager, { enterpriseId: principal.enterpriseId, id });
    return restore && isAdmin(principal) ? restore : this.#getOwn(principal, id);
  }

  async #requireRights(manager: EntityManager, principal: MemberPrincipal, nodeId: NodeId) {
    const access = (await this.access.resolve(manager, principal, [nodeId])).get(nodeId);
    if (!access || (await this.access.isTrashed(manager, principal, nodeId))) throw new AppError('NODE_UNKNOWN');
    if (NEEDED.some((atom) => !access.atoms.has(atom))) throw new AppError('FORBIDDEN');
    return access;
  }

  async #getOwn(principal: MemberPrincipal, id: RestoreId): Promise<StoredRestore> {
    const restore = await findRestore(this.dataSource.manager, { enterpriseId: principal.enterpriseId, id });
    if (restore?.userId !== principal.userId) throw new AppError('NOT_FOUND', { what: 'This restore' });
    const isClosed = restore.readsPersonalSpace && principal.kind === 'device' && !principal.readsPersonalSpace;
    if (isClosed) throw new AppError('NOT_FOUND', { what: 'This restore' }); // PE-5: its steps name files
    return restore;
  }
}

/** ADR 0016: what was handed over or moved from another space begins anew here. */
function tooEarly(past: FolderPast | undefined, at: Date): AppError {
  const isBeforeMove = past?.arrivedAt && at < past.arrivedAt;
  const from = (isBeforeMove ? past.arrivedAt : (past?.since ?? at)).toISOString();
  return new AppError(isBeforeMove ? 'MOMENT_BEFORE_MOVE' : 'MOMENT_TOO_OLD', { from });
}

function toRestoreJob(restore: StoredRestore): RestoreJob {
  const { id, spaceId, folderId, state, failure, counts, steps, done, refused, gone } = restore;
  const times = { at: restore.at.toISOString(), createdAt: restore.createdAt.toISOString() };
  return { id, spaceId, folderId, state, failure, counts, steps, done, refused, gone, ...times };
}

function toStep(step: StoredStep): RestoreStep {
  const { ordinal, kind, nodeId, nodeKind, fromPath, toPath, size, state, code } = step;
  return { ordinal, kind, nodeId, nodeKind, fromPath, toPath, size, state, code };
}
