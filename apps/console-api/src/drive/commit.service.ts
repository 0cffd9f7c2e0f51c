import { createHash } from 'node:crypto';
import type { Readable } from 'node:stream';
import { Injectable } from '@nestjs/common';
import {
  AppError,
  BatchRequest,
  contentIdOf,
  MAX_BATCH_BYTES,
  type BatchAnswer,
  type BatchOp,
  type ChunkHash,
  type ChunkRef,
  type ContentId,
  type DriveNode,
  type Manifest,
  type NodeId,
  type SpaceId,
  type VersionId,
} from '@tideline/contracts';
import { DataSource, type EntityManager } from 'typeorm';
import { v7 as uuidv7 } from 'uuid';
import type { z } from 'zod';
import { insertManifests, lock, recordUploads } from '../blobs/chunk.store.ts';
import { FrameReader } from '../blobs/frame-reader.ts';
import { PackService, type ReceivedPack } from '../blobs/pack.service.ts';
import { AccessService } from '../grants/access.service.ts';
import { Clock } from '../platform/clock.ts';
import type { MemberPrincipal } from '../platform/principal.ts';
import { invalidInput } from '../platform/route.ts';
import { removeReservations } from '../quota/reservation.store.ts';
import { SocketHub } from '../platform/socket-hub.ts';
import { databaseErrorCode, inTransaction } from '../platform/transaction.ts';
import { actorIdOf, authorOf } from './author.ts';
import { findAndLockSpace, listAnswers, listChangedSubtrees, loadBatchNodes, writeBatch } from './batch.store.ts';
import { findRoom, usedUp } from './batch-room.ts';
import { BatchTree } from './batch-tree.ts';
import { decideBatch, type Change } from './decide-batch.ts';
import { loadRestorePaths } from './restore-path.store.ts';
import { SpaceGate } from './space-gate.ts';
import { distinctChunks, UsableChunks } from './usable-chunks.service.ts';

type Request = Omit<z.output<typeof BatchRequest>, 'origin'> & { readonly origin?: 'upload' | 'sync' };
export type Batch = {
  readonly principal: MemberPrincipal;
  readonly spaceId: SpaceId;
  readonly request: Request;
  readonly pack: ReceivedPack;
  /** Hashes that the server itself names, such as those of a version that is restored: the usable-hash rule is not asked. */
  readonly vouched?: ReadonlySet<string>;
};
export type Committed = BatchAnswer & { readonly changed: number };

const UNIQUE_VIOLATION = '23505';

/** Commits batches: bytes first and durable, then one transaction whose end is the end of the story for every operation. */
@Injectable()
export class CommitService {
  readonly #gate = new SpaceGate();

  constructor(
    private readonly dataSource: DataSource,
    private readonly packs: PackService,
    private readonly access: AccessService,
    private readonly usable: UsableChunks,
    private readonly sockets: SocketHub,
    private readonly clock: Clock,
  ) {}

  async commitFrame(principal: MemberPrincipal, spaceId: SpaceId, body: Readable): Promise<BatchAnswer> {
    const frame = new FrameReader(body);
    try {
      const request = parseRequest(await frame.header());
      await this.access.requireWriter(this.dataSource.manager, principal, spaceId);
      const source = { refs: request.inline, frame };
      const pack = await this.packs.receive(this.dataSource.manager, principal.enterpriseId, source);
      return await this.commit({ principal, spaceId, request, pack });
    } catch (error) {
      await frame.discard();
      throw error;
    }
  }

  async commit(batch: Batch): Promise<BatchAnswer> {
    const { changed, ...answer } = await this.#gate.pass(batch.spaceId, () => this.#commitOnceMore(batch));
    if (changed > 0) this.sockets.nudgeSpace(batch.principal.enterpriseId, batch.spaceId, answer.seq);
    return answer;
  }

  /** The one transaction. Rights, hashes and bytes are settled before the space is locked; nothing slow happens after. */
  async commitIn(manager: EntityManager, batch: Batch): Promise<Committed> {
    const { principal, spaceId, request, pack } = batch;
    const { enterpriseId } = principal;
    const key = { enterpriseId, spaceId };
    const actor = { enterpriseId, actorId: actorIdOf(principal) };
    await this.packs.record(manager, enterpriseId, pack);
    const rights = await this.access.resolve(manager, principal, mentionedNodes(request.ops));
    const unusable = await this.#findUnusable(manager, batch);
    await insertManifests(manager, enterpriseId, manifestRows(request.ops, unusable));
    const space = await findAndLockSpace(manager, key);
    if (!space) throw new AppError('SPACE_UNKNOWN', { space: spaceId });
    const answered = await listAnswers(manager, actor, opIdsOf(request.ops));
    const found = await loadBatchNodes(manager, key, request.ops);
    const { lostPaths, occupants } = await loadRestorePaths(manager, key, { ops: request.ops, ...found });
    const onPaths = await this.#rightsOn(manager, principal, occupants);
    const tree = new BatchTree([...found.nodes, ...occupants], new Map([...rights, ...onPaths]));
    const room = await findRoom(manager, { key, space, actorId: actor.actorId, ops: request.ops });
    const decision = decideBatch({
      ops: request.ops,
      atomic: request.atomic,
      answered,
      tree,
      takenIds: found.takenIds,
      purged: found.purged,
      lostPaths,
      unusable,
      changedSubtrees: await listChangedSubtrees(manager, key, request.ops),
      roomBytes: room.freeBytes,
      keptBytes: room.keptBytes,
      seq: space.seq,
      now: this.clock.now().toISOString(),
      newVersionId: () => uuidv7() as VersionId,
      newNodeId: () => uuidv7() as NodeId,
      contentIdOf: toContentId,
    });
    if (decision.changes.length > 0) {
      await writeBatch(manager, key, { author: authorOf(principal, request.origin ?? 'sync'), ...decision });
    }
    await recordUploads(manager, actor, onlyProven(pack, decision.changes, tree));
    await removeReservations(manager, key, usedUp(room, decision.outcomes));
    const seq = space.seq + decision.changes.length;
    return { seq, epoch: space.epoch, outcomes: [...decision.outcomes], changed: decision.changes.length };
  }

  /** Rare: only what returns to folders that are gone depends on what lives there today. */
  async #rightsOn(manager: EntityManager, principal: MemberPrincipal, nodes: readonly DriveNode[]) {
    if (nodes.length === 0) return [];
    const ids = nodes.map((node) => node.id);
    return this.access.resolve(manager, principal, ids);
  }

  /**
   * A constraint that fails although everything was checked under the lock is a race that only another space can run
   * (the same new id there); the second look sees it and answers it.
   */
  async #commitOnceMore(batch: Batch): Promise<Committed> {
    try {
      return await inTransaction(this.dataSource, (manager) => this.commitIn(manager, batch));
    } catch (error) {
      if (databaseErrorCode(error) !== UNIQUE_VIOLATION) throw error;
      return inTransaction(this.dataSource, (manager) => this.commitIn(manager, batch));
    }
  }

  /** By operation: chunks that are not here, or that the caller may not use; to the caller both are simply missing. */
  async #findUnusable(manager: EntityManager, batch: Batch): Promise<Map<string, ChunkHash[]>> {
    const { principal, spaceId, request, pack } = batch;
    const contents = request.ops.filter((op) => 'content' in op);
    const chunks = distinctChunks([...pack.proven, ...contents.flatMap((op) => op.content.chunks)]);
    const proven = new Set<string>(pack.proven.map((chunk) => chunk.hash)).union(batch.vouched ?? new Set());
    const named = chunks.filter((chunk) => !proven.has(chunk.hash));
    const allowed =
      named.length === 0
        ? proven
        : proven.union(await this.usable.find(manager, principal, { spaceId, chunks: named }));
    const packed = new Set<string>(pack.packed.map((chunk) => chunk.hash));
    const older = chunks.filter((chunk) => allowed.has(chunk.hash) && !packed.has(chunk.hash));
    const held = packed.union(
      await lock(
        manager,
        principal.enterpriseId,
        older.map((chunk) => chunk.hash),
      ),
    );
    const lacking = contents.map((op) => ({
      opId: op.opId,
      missing: [...new Set(op.content.chunks.map((chunk) => chunk.hash))].filter((hash) => !held.has(hash)),
    }));
    return new Map(lacking.filter((op) => op.missing.length > 0).map((op) => [op.opId, op.missing]));
  }
}

function parseRequest(header: unknown): z.output<typeof BatchRequest> {
  const parsed = BatchRequest.safeParse(header);
  if (!parsed.success) throw invalidInput('body', parsed.error);
  const request = parsed.data;
  if (new Set(opIdsOf(request.ops)).size < request.ops.length) {
    throw new AppError('INVALID_INPUT', { reason: 'each operation needs an opId of its own' });
  }
  const inlineBytes = request.inline.reduce((sum, chunk) => sum + chunk.size, 0);
  if (inlineBytes > MAX_BATCH_BYTES) throw new AppError('PAYLOAD_TOO_LARGE', { limitBytes: MAX_BATCH_BYTES });
  return request;
}

function opIdsOf(ops: readonly BatchOp[]): string[] {
  return ops.map((op) => op.opId);
}

/** Nodes that were there before the batch; what it makes has the rights of where it is made. */
function mentionedNodes(ops: readonly BatchOp[]): string[] {
  const made = new Set(ops.filter((op) => isCreation(op)).map((op) => op.nodeId));
  const named = ops.flatMap((op) => {
    if ('parentId' in op) return [op.nodeId, op.parentId];
    return op.kind === 'restore' && op.to ? [op.nodeId, op.to.parentId] : [op.nodeId];
  });
  return [...new Set(named)].filter((id) => !made.has(id));
}

function isCreation(op: BatchOp): boolean {
  return op.kind === 'createFolder' || op.kind === 'createFile';
}

/** A content of one chunk needs no manifest: its id is the chunk's hash. Written before the lock, since nothing depends on it yet. */
function manifestRows(
  ops: readonly BatchOp[],
  unusable: ReadonlyMap<string, unknown>,
): Parameters<typeof insertManifests>[2] {
  const usable = ops.filter((op) => 'content' in op && op.content.chunks.length > 1 && !unusable.has(op.opId));
  const manifests = usable.map((op) => ('content' in op ? op.content.chunks : []));
  const byContent = new Map(manifests.map((chunks) => [toContentId(chunks), chunks]));
  return [...byContent].flatMap(([contentId, chunks]) =>
    chunks.map((chunk, ordinal) => ({ contentId, ordinal, chunk })),
  );
}

/** Chunks whose sending is all that lets the caller use them again; of the others it may now download a version. */
function onlyProven(pack: ReceivedPack, changes: readonly Change[], tree: BatchTree): ChunkRef[] {
  const readable = new Set<string>();
  for (const { after, version } of changes) {
    if (!version || !tree.atomsOf(after.id).has('download')) continue;
    for (const chunk of version.chunks) readable.add(chunk.hash);
  }
  return pack.proven.filter((chunk) => !readable.has(chunk.hash));
}

function toContentId(chunks: Manifest): ContentId {
  return contentIdOf(chunks, sha256Hex) as ContentId;
}

function sha256Hex(text: string): string {
  return createHash('sha256').update(text).digest('hex');
}
