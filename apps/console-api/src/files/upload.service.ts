import { randomUUID } from 'node:crypto';
import type { Readable } from 'node:stream';
import { Injectable } from '@nestjs/common';
import {
  AppError,
  MAX_SINGLE_CHUNK_BYTES,
  type DriveNode,
  type NodeId,
  type OpId,
  type SendBytesQuery,
  type StartUpload,
  type Upload,
} from '@tideline/contracts';
import { DataSource } from 'typeorm';
import type { z } from 'zod';
import { FrameReader } from '../blobs/frame-reader.ts';
import { StreamIntake, type StreamedPack } from '../blobs/stream-intake.ts';
import { AccessService } from '../grants/access.service.ts';
import { Clock } from '../platform/clock.ts';
import type { PersonPrincipal } from '../platform/principal.ts';
import { inTransaction } from '../platform/transaction.ts';
import { UploadFinisher } from './upload-finisher.ts';
import {
  advanceUpload,
  deleteUpload,
  findPlace,
  findUpload,
  insertUpload,
  markFinished,
  type UploadKey,
  type UploadRow,
} from './upload.store.ts';

/** Shorter than the time for which whoever sent a chunk may use it. */
const LIFE_MS = 3 * 86_400_000;
const MAX_OPEN = 500;
/** Bytes told with a hash count only when all of them are there: so many may be waited for. */
const MAX_HASHED_BYTES = 64 * 1024 * 1024;

type Query = z.output<typeof SendBytesQuery>;

/** Uploads by people with a browser: begun, sent in any number of requests, and put into the folder at the end. */
@Injectable()
export class WebUploadService {
  constructor(
    private readonly dataSource: DataSource,
    private readonly clock: Clock,
    private readonly access: AccessService,
    private readonly intake: StreamIntake,
    private readonly finisher: UploadFinisher,
  ) {}

  async start(caller: PersonPrincipal, wanted: z.output<typeof StartUpload>): Promise<Upload> {
    const { manager } = this.dataSource;
    const { enterpriseId, userId } = caller;
    const { parentId, name, size } = wanted;
    const { spaceId } = await this.access.require(manager, caller, { nodeId: parentId, atom: 'create' });
    await this.#requirePlace(caller, wanted);
    const [id, nodeId] = [randomUUID() as string as OpId, randomUUID() as string as NodeId];
    const { mtimeMs, onClash } = wanted;
    const upload = { id, spaceId, parentId, nodeId, name, size, mtimeMs, onClash, expiresAt: this.#expiry() };
    const limit = { maxOpen: MAX_OPEN, now: this.clock.now() };
    const isOpen = await insertUpload(manager, { ...upload, enterpriseId, userId }, limit);
    if (!isOpen) throw new AppError('RATE_LIMITED', { retryAfterSeconds: 3600 });
    try {
      await this.finisher.reserve(caller, { id, spaceId, size });
    } catch (error) {
      await deleteUpload(manager, { enterpriseId, userId, uploadId: id });
      throw error;
    }
    return toUpload({ ...upload, offset: 0 });
  }

  async get(caller: PersonPrincipal, uploadId: string): Promise<Upload> {
    return toUpload(await this.#get({ ...caller, uploadId }));
  }

  /** Answers how far the upload is, which after a broken connection may be behind what was sent. */
  async send(
    caller: PersonPrincipal,
    { uploadId, ...query }: Query & { readonly uploadId: string },
    body: Readable,
  ): Promise<Upload> {
    const key = { enterpriseId: caller.enterpriseId, userId: caller.userId, uploadId };
    try {
      const upload = await this.#get(key);
      if (query.offset !== upload.offset) throw offsetMismatch(upload.offset);
      await this.finisher.renew(caller, upload);
      if (query.sha256 === undefined) await this.#takeIn(key, upload, body);
      else await this.#takeInHashed(key, { ...upload, sha256: query.sha256 }, body);
      return toUpload(await this.#get(key));
    } catch (error) {
      await new FrameReader(body).discard(); // the sender shall read the refusal, not a broken connection
      throw error;
    }
  }

  async finish(caller: PersonPrincipal, uploadId: string): Promise<DriveNode> {
    const upload = await this.#get({ ...caller, uploadId });
    if (upload.offset < upload.size) throw offsetMismatch(upload.offset);
    const node = await this.finisher.finish(caller, upload);
    await markFinished(this.dataSource.manager, { ...caller, uploadId });
    return node;
  }

  async cancel(caller: PersonPrincipal, uploadId: string): Promise<void> {
    const upload = await findUpload(this.dataSource.manager, { ...caller, uploadId }, this.clock.now());
    if (upload) await this.finisher.release(caller, upload);
    await deleteUpload(this.dataSource.manager, { ...caller, uploadId });
  }

  /** Every pack counts as soon as it is durable, so that a broken connection costs the last one at most. */
  async #takeIn(key: UploadKey, upload: UploadRow, body: Readable): Promise<void> {
    const received = this.intake.receive(key.enterpriseId, body, planOf(upload));
    try {
      let from = upload.offset;
      for await (const pack of received.packs) {
        await this.#record(key, from, [pack]);
        await this.finisher.renew(key, upload);
        from += sizeOf([pack]);
      }
      if (from === upload.size && (await received.hasTooMany())) throw tooMany();
    } finally {
      await received.release();
    }
  }

  async #takeInHashed(key: UploadKey, upload: UploadRow & { readonly sha256: string }, body: Readable): Promise<void> {
    const restBytes = Math.min(upload.size - upload.offset, MAX_HASHED_BYTES);
    const received = this.intake.receive(key.enterpriseId, body, { ...planOf(upload), restBytes });
    const taken: StreamedPack[] = [];
    try {
      for await (const pack of received.packs) taken.push(pack);
      if ((await received.hasTooMany()) || received.receivedHash() !== upload.sha256) {
        await this.intake.giveUp(key.enterpriseId, taken);
        throw new AppError('CHUNK_CORRUPT', {}, { details: { offset: upload.offset } });
      }
    } finally {
      await received.release();
    }
    if (taken.length > 0) await this.#record(key, upload.offset, taken);
  }

  async #record(key: UploadKey, from: number, packs: readonly StreamedPack[]): Promise<void> {
    const actor = { enterpriseId: key.enterpriseId, actorId: key.userId };
    const chunks = packs.flatMap((pack) => pack.chunks);
    const expiresAt = this.#expiry();
    const isNext = await inTransaction(this.dataSource, async (manager) => {
      for (const pack of packs) await this.intake.record(manager, actor, pack);
      return advanceUpload(manager, key, { from, chunks, expiresAt });
    });
    if (!isNext) throw offsetMismatch((await this.#get(key)).offset);
  }

  async #requirePlace(caller: PersonPrincipal, wanted: z.output<typeof StartUpload>): Promise<void> {
    const { manager } = this.dataSource;
    const place = await findPlace(
      manager,
      { enterpriseId: caller.enterpriseId, parentId: wanted.parentId },
      wanted.name,
    );
    if (!place) throw new AppError('NODE_UNKNOWN');
    if (place.kind !== 'folder') throw new AppError('PARENT_NOT_FOLDER');
    if (await this.access.isTrashed(manager, caller, wanted.parentId)) throw new AppError('PARENT_TRASHED');
    if (place.isTaken && wanted.onClash === 'refuse') throw new AppError('NAME_TAKEN', { name: wanted.name });
  }

  async #get(key: UploadKey): Promise<UploadRow> {
    const upload = await findUpload(this.dataSource.manager, key, this.clock.now());
    if (!upload) throw new AppError('NOT_FOUND', { what: 'The upload' });
    return upload;
  }

  #expiry(): Date {
    return new Date(this.clock.now().getTime() + LIFE_MS);
  }
}

function planOf(upload: UploadRow): { restBytes: number; isOneChunk: boolean } {
  return { restBytes: upload.size - upload.offset, isOneChunk: upload.size <= MAX_SINGLE_CHUNK_BYTES };
}

function sizeOf(packs: readonly StreamedPack[]): number {
  return packs.flatMap((pack) => pack.chunks).reduce((sum, chunk) => sum + chunk.size, 0);
}

/** A mistake of the sender; the bytes of the file are kept all the same. */
function tooMany(): AppError {
  return new AppError('INVALID_INPUT', { reason: 'more bytes come than the upload was told to have' });
}

function offsetMismatch(offset: number): AppError {
  return new AppError('OFFSET_MISMATCH', {}, { details: { offset } });
}

function toUpload(row: UploadRow): Upload {
  const { id, spaceId, parentId, name, size, offset } = row;
  return { id, spaceId, parentId, name, size, offset, expiresAt: row.expiresAt.toISOString() };
}
