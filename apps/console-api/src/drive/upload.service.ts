import type { Readable } from 'node:stream';
import { Injectable } from '@nestjs/common';
import {
  AppError,
  MAX_PACK_BYTES,
  PackRequest,
  type BatchOutcome,
  type ChunkHash,
  type ChunkRef,
  type SpaceId,
} from '@tideline/contracts';
import { DataSource } from 'typeorm';
import { recordUploads, touch } from '../blobs/chunk.store.ts';
import { FrameReader } from '../blobs/frame-reader.ts';
import { PackService, type ReceivedPack } from '../blobs/pack.service.ts';
import { AccessService } from '../grants/access.service.ts';
import type { MemberPrincipal } from '../platform/principal.ts';
import { invalidInput } from '../platform/route.ts';
import { inTransaction } from '../platform/transaction.ts';
import { ReservationService, type Uploader } from '../quota/reservation.service.ts';
import { actorIdOf } from './author.ts';
import { listAnswers } from './batch.store.ts';
import { distinctChunks, UsableChunks } from './usable-chunks.service.ts';

/** Chunks on their way in. Resuming and deduplication are one thing: ask what is missing, send that, commit. */
@Injectable()
export class UploadService {
  constructor(
    private readonly dataSource: DataSource,
    private readonly access: AccessService,
    private readonly usable: UsableChunks,
    private readonly packs: PackService,
    private readonly reservations: ReservationService,
  ) {}

  /** Which chunks the caller must send: those that are not here, and those it has not shown to hold. */
  async listMissing(principal: MemberPrincipal, spaceId: SpaceId, asked: readonly ChunkRef[]): Promise<ChunkHash[]> {
    await this.access.requireWriter(this.dataSource.manager, principal, spaceId);
    const chunks = distinctChunks(asked);
    const { manager } = this.dataSource;
    const usable = await this.usable.find(manager, principal, { spaceId, chunks });
    await touch(manager, principal.enterpriseId, [...usable]);
    return chunks.map((chunk) => chunk.hash).filter((hash) => !usable.has(hash));
  }

  /** Answers how many chunks the pack had. */
  async storePack(principal: MemberPrincipal, spaceId: SpaceId, body: Readable): Promise<number> {
    const frame = new FrameReader(body);
    try {
      const request = parsePackRequest(await frame.header());
      await this.access.requireWriter(this.dataSource.manager, principal, spaceId);
      const uploader = { enterpriseId: principal.enterpriseId, spaceId, actorId: actorIdOf(principal) };
      await this.#storeInRoom(uploader, request, frame);
      return request.chunks.length;
    } catch (error) {
      await frame.discard();
      throw error;
    }
  }

  /** VE-3: only what is not here yet needs room, and does so before it travels on. */
  async #storeInRoom(
    uploader: Uploader,
    { chunks: refs, reservation }: PackRequest,
    frame: FrameReader,
  ): Promise<void> {
    const stored = await this.packs.findStored(this.dataSource.manager, uploader.enterpriseId, refs);
    const newBytes = sumNew(refs, stored);
    if (newBytes > 0) await this.reservations.countSent(uploader, reservation, newBytes);
    else if (reservation !== undefined) await this.reservations.renew(uploader, reservation);
    try {
      await this.#store(uploader, await this.packs.receive(uploader.enterpriseId, { refs, stored, frame }));
    } catch (error) {
      if (reservation !== undefined) await this.reservations.uncountSent(uploader, reservation, newBytes);
      throw error;
    }
  }

  async #store({ enterpriseId, actorId }: Uploader, pack: ReceivedPack): Promise<void> {
    await inTransaction(this.dataSource, async (manager) => {
      await this.packs.record(manager, enterpriseId, [pack]);
      await recordUploads(manager, enterpriseId, [{ actorId, chunks: pack.proven }]);
      await touch(manager, enterpriseId, storedBefore(pack));
    });
  }

  /** What became of operations of this caller; those that were never done are left out. */
  async listAnswers(principal: MemberPrincipal, opIds: readonly string[]): Promise<BatchOutcome[]> {
    const actorId = actorIdOf(principal);
    const asked = [{ actorId, opIds: [...new Set(opIds)] }];
    const answers = await listAnswers(this.dataSource.manager, principal.enterpriseId, asked);
    return [...(answers.get(actorId)?.values() ?? [])];
  }
}

/** Chunks that were here already may have been unseen for long; a commit of them is to come. */
function storedBefore(pack: ReceivedPack): string[] {
  const packed = new Set<string>(pack.packed.map((chunk) => chunk.hash));
  return pack.proven.map((chunk) => chunk.hash).filter((hash) => !packed.has(hash));
}

/** A chunk that comes twice is stored once. */
function sumNew(refs: readonly ChunkRef[], stored: ReadonlySet<string>): number {
  const sizes = new Map(refs.filter((ref) => !stored.has(ref.hash)).map((ref) => [ref.hash, ref.size]));
  return [...sizes.values()].reduce((sum, size) => sum + size, 0);
}

function parsePackRequest(header: unknown): PackRequest {
  const parsed = PackRequest.safeParse(header);
  if (!parsed.success) throw invalidInput('body', parsed.error);
  const { chunks } = parsed.data;
  const sizeBytes = chunks.reduce((sum, chunk) => sum + chunk.size, 0);
  if (sizeBytes > MAX_PACK_BYTES) throw new AppError('PAYLOAD_TOO_LARGE', { limitBytes: MAX_PACK_BYTES });
  return parsed.data;
}
