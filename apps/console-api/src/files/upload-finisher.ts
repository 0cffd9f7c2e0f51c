import { Injectable } from '@nestjs/common';
import {
  AppError,
  type BatchOp,
  type BatchOutcome,
  type ChunkRef,
  type DriveNode,
  type OpId,
  type ReservationKey,
  type SpaceId,
} from '@tideline/contracts';
import { DataSource } from 'typeorm';
import { CommitService } from '../drive/commit.service.ts';
import { ReservationService, type Uploader } from '../quota/reservation.service.ts';
import { numberedName } from '../platform/numbered-name.ts';
import type { PersonPrincipal } from '../platform/principal.ts';
import { findOccupant, listUploadChunks, restartUpload, type UploadRow } from './upload.store.ts';

const MAX_TRIES = 100;

/** Puts uploaded files into their folders, by the one commit that everybody uses: rights, names, room and origin are decided there. */
@Injectable()
export class UploadFinisher {
  constructor(
    private readonly dataSource: DataSource,
    private readonly reservations: ReservationService,
    private readonly commits: CommitService,
  ) {}

  /** Room is promised before any byte travels; the commit uses the promise up. */
  async reserve(
    caller: PersonPrincipal,
    wanted: { readonly id: OpId; readonly spaceId: SpaceId; readonly size: number },
  ): Promise<void> {
    if (wanted.size === 0) return;
    const reserve = [{ key: roomOf(wanted.id), bytes: wanted.size }];
    await this.reservations.prepareUpload(uploaderOf(caller, wanted.spaceId), { chunks: [], reserve });
  }

  /** To be called when bytes arrive. */
  async renew(caller: Person, upload: Pick<UploadRow, 'id' | 'spaceId'>): Promise<void> {
    await this.reservations.renew(uploaderOf(caller, upload.spaceId), roomOf(upload.id));
  }

  async release(caller: Person, upload: Pick<UploadRow, 'id' | 'spaceId'>): Promise<void> {
    await this.reservations.release(uploaderOf(caller, upload.spaceId), roomOf(upload.id));
  }

  async finish(caller: PersonPrincipal, upload: UploadRow): Promise<DriveNode> {
    const key = { enterpriseId: caller.enterpriseId, userId: caller.userId, uploadId: upload.id };
    const chunks = await listUploadChunks(this.dataSource.manager, key);
    let op: BatchOp = creation(upload, chunks);
    for (let number = 2; number <= MAX_TRIES; number += 1) {
      const outcome = await this.#commit(caller, upload, op);
      if (outcome.status === 'done') return outcome.node;
      if (outcome.code === 'CHUNKS_MISSING') {
        await restartUpload(this.dataSource.manager, key);
        throw new AppError('OFFSET_MISMATCH', {}, { details: { offset: 0 } });
      }
      op = await this.#nextTry(caller, upload, { op, outcome, number });
    }
    throw new AppError('NAME_TAKEN', { name: upload.name });
  }

  /** What to do about a refusal: a new version of what has the name, another name, or nothing. */
  async #nextTry(caller: PersonPrincipal, upload: UploadRow, last: Attempt): Promise<BatchOp> {
    const { op, outcome, number } = last;
    if (!('content' in op)) throw refusalOf(upload, outcome);
    const { chunks } = op.content;
    if (op.kind === 'putVersion' && MOVED_ON.has(outcome.code)) return creation(upload, chunks); // look again
    if (outcome.code !== 'NAME_TAKEN' || upload.onClash === 'refuse') throw refusalOf(upload, outcome);
    if (upload.onClash === 'rename') return { ...creation(upload, chunks), name: numberedName(upload.name, number) };
    const occupant = await findOccupant(this.dataSource.manager, caller, upload);
    if (!occupant) return creation(upload, chunks);
    if (occupant.kind !== 'file') throw refusalOf(upload, outcome);
    const { id: nodeId, rev: ifMatch, exec } = occupant;
    return { kind: 'putVersion', opId: upload.id, nodeId, ifMatch, content: op.content, mtimeMs: upload.mtimeMs, exec };
  }

  async #commit(caller: PersonPrincipal, upload: UploadRow, op: BatchOp): Promise<BatchOutcome> {
    const { outcomes } = await this.commits.commit({
      principal: caller,
      spaceId: upload.spaceId,
      request: { atomic: false, ops: [op], inline: [] },
      pack: { packId: undefined, sizeBytes: 0, packed: [], proven: [] },
    });
    const [outcome] = outcomes;
    if (!outcome) throw new Error('one operation, one outcome');
    return outcome;
  }
}

type Person = Pick<PersonPrincipal, 'enterpriseId' | 'userId'>;

function uploaderOf({ enterpriseId, userId }: Person, spaceId: SpaceId): Uploader {
  return { enterpriseId, spaceId, actorId: userId };
}

/** The commit is made under the id of the upload, by which it finds the room again. */
function roomOf(uploadId: string): ReservationKey {
  return uploadId as ReservationKey;
}

type Refused = Extract<BatchOutcome, { status: 'refused' }>;

type Attempt = { readonly op: BatchOp; readonly outcome: Refused; readonly number: number };

/** What had the name went on meanwhile. */
const MOVED_ON: ReadonlySet<string> = new Set(['REV_MISMATCH', 'NODE_TRASHED', 'PARENT_TRASHED']);

function creation(upload: UploadRow, chunks: readonly ChunkRef[]): Extract<BatchOp, { kind: 'createFile' }> {
  const { id: opId, nodeId, parentId, name, size, mtimeMs } = upload;
  return {
    kind: 'createFile',
    opId,
    nodeId,
    parentId,
    name,
    content: { size, chunks: [...chunks] },
    mtimeMs,
    exec: false,
  };
}

function refusalOf(upload: UploadRow, outcome: Refused): AppError {
  return new AppError(outcome.code, { name: upload.name, expected: 'folder' });
}
