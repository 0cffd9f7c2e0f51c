import type { Readable } from 'node:stream';
import { Injectable } from '@nestjs/common';
import {
  AppError,
  BatchRequest,
  MAX_BATCH_BYTES,
  type BatchAnswer,
  type ChunkRef,
  type SpaceId,
} from '@tideline/contracts';
import { DataSource, type EntityManager } from 'typeorm';
import type { z } from 'zod';
import { FrameReader } from '../blobs/frame-reader.ts';
import { PackService } from '../blobs/pack.service.ts';
import { AccessService } from '../grants/access.service.ts';
import { inOrder } from '../platform/hot-transaction.ts';
import type { MemberPrincipal } from '../platform/principal.ts';
import { invalidInput } from '../platform/route.ts';
import { SocketHub } from '../platform/socket-hub.ts';
import { inTransaction } from '../platform/transaction.ts';
import { asksForFoundState, type Batch, type Committed, type Group } from './batch.ts';
import { GroupCommit } from './group-commit.service.ts';
import { GroupQueue } from './group-queue.ts';
import { runGroup } from './run-group.ts';
import { chunksOf } from './usable-chunks.service.ts';

export type { Batch, Committed } from './batch.ts';

const GROUPING = {
  /** One group writes under the lock of its space while the next one settles what comes before the lock. */
  atOnce: 2,
  /** In operations: bounds how long one group holds its space. Of each group some 2 ms of CPU do not depend on it. */
  maxWeight: 60,
  weightOf: ({ request }: Batch) => request.ops.length,
  mustLead: asksForFoundState,
};

/** Commits batches: bytes first and durable, then one transaction whose end is the end of the story for every operation. */
@Injectable()
export class CommitService {
  readonly #queue = new GroupQueue<Batch, Committed>(GROUPING, (group) => this.#commitGroup(group));

  constructor(
    private readonly dataSource: DataSource,
    private readonly packs: PackService,
    private readonly access: AccessService,
    private readonly groups: GroupCommit,
    private readonly sockets: SocketHub,
  ) {}

  async commitFrame(principal: MemberPrincipal, spaceId: SpaceId, body: Readable): Promise<BatchAnswer> {
    const frame = new FrameReader(body);
    try {
      const request = parseRequest(await frame.header());
      const stored = await this.#admit(principal, spaceId, request.inline);
      const pack = await this.packs.receive(principal.enterpriseId, { refs: request.inline, stored, frame });
      return await this.commit({ principal, spaceId, request, pack });
    } catch (error) {
      await frame.discard();
      throw error;
    }
  }

  /** Alone, or in one transaction with others that wait for the same space. */
  async commit(batch: Batch): Promise<BatchAnswer> {
    chunksOf(batch); // what is wrong by itself is refused before it meets others
    const key = `${batch.principal.enterpriseId}/${batch.spaceId}`;
    const { seq, epoch, outcomes } = await this.#queue.add(key, batch);
    return { seq, epoch, outcomes };
  }

  /** Batches that do nothing by themselves now, because another one's transaction comes first or carries them. */
  get restingBatches(): number {
    return this.#queue.restingJobs;
  }

  /** In the caller's transaction, which holds the space from then on. */
  async commitIn(manager: EntityManager, batch: Batch): Promise<Committed> {
    const [committed] = await this.groups.commitIn(manager, [batch]);
    if (!committed) throw new Error('one batch, one answer');
    return committed;
  }

  /** Sends away who may not write, before any bytes are taken; answers which of the chunks are stored. */
  #admit(principal: MemberPrincipal, spaceId: SpaceId, refs: readonly ChunkRef[]): Promise<Set<string>> {
    const look = async (manager: EntityManager) => {
      const [, stored] = await inOrder(manager, [
        () => this.access.requireWriter(manager, principal, spaceId),
        () => this.packs.findStored(manager, principal.enterpriseId, refs),
      ]);
      return stored;
    };
    return inTransaction(this.dataSource, look, { isHot: true });
  }

  async #commitGroup(group: Group): Promise<PromiseSettledResult<Committed>[]> {
    const results = await runGroup(group, (batches) =>
      inTransaction(this.dataSource, (manager) => this.groups.commitIn(manager, batches), { isHot: true }),
    );
    const seqs = results.flatMap((result) =>
      result.status === 'fulfilled' && result.value.changed > 0 ? [result.value.seq] : [],
    );
    const [{ principal, spaceId }] = group;
    if (seqs.length > 0) this.sockets.nudgeSpace(principal.enterpriseId, spaceId, Math.max(...seqs));
    return results;
  }
}

function parseRequest(header: unknown): z.output<typeof BatchRequest> {
  const parsed = BatchRequest.safeParse(header);
  if (!parsed.success) throw invalidInput('body', parsed.error);
  const request = parsed.data;
  if (new Set(request.ops.map((op) => op.opId)).size < request.ops.length) {
    throw new AppError('INVALID_INPUT', { reason: 'each operation needs an opId of its own' });
  }
  const inlineBytes = request.inline.reduce((sum, chunk) => sum + chunk.size, 0);
  if (inlineBytes > MAX_BATCH_BYTES) throw new AppError('PAYLOAD_TOO_LARGE', { limitBytes: MAX_BATCH_BYTES });
  return request;
}
