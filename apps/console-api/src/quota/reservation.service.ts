import { Injectable, type OnModuleInit } from '@nestjs/common';
import { AppError, type ChunkRef, type ReservationKey } from '@tideline/contracts';
import { DataSource } from 'typeorm';
import { findAndLockSpace } from '../drive/batch.store.ts';
import { JobRunner } from '../jobs/job-runner.ts';
import type { JobCounts } from '../jobs/periodic-job.ts';
import { Clock } from '../platform/clock.ts';
import { SocketHub } from '../platform/socket-hub.ts';
import { inTransaction } from '../platform/transaction.ts';
import { reservationIdOf } from './reservation-id.ts';
import {
  countSent,
  expireReservations,
  findRoom,
  hasQuota,
  listSpacesWithExpired,
  removeReservations,
  renewReservation,
  tryReserve,
  tryReserveSent,
  uncountSent,
  type SpaceKey,
} from './reservation.store.ts';

const LIFE_MS = 60 * 60 * 1000;
const EXPIRY_EVERY_MS = 60_000;
const NOT_RESERVED = { reason: 'a space with a quota takes packs out of a reservation that `missing` made' };

export type Uploader = SpaceKey & { readonly actorId: string };
export type Reserve = { readonly key: ReservationKey; readonly bytes: number };

/** VE-3: room is promised before bytes travel. Spaces without a quota promise nothing and pay nothing. */
@Injectable()
export class ReservationService implements OnModuleInit {
  constructor(
    private readonly dataSource: DataSource,
    private readonly clock: Clock,
    private readonly jobs: JobRunner,
    private readonly sockets: SocketHub,
  ) {}

  onModuleInit(): void {
    this.jobs.register({
      name: 'reservation-expiry',
      lane: 'prompt',
      everyMs: EXPIRY_EVERY_MS,
      run: (signal) => this.expire(signal),
    });
  }

  /**
   * Reserves what is asked for, or throws QUOTA_EXCEEDED. Without reservations it refuses only what cannot succeed: a file is
   * never smaller than its smallest chunk.
   */
  async prepareUpload(
    uploader: Uploader,
    upload: { readonly chunks: readonly ChunkRef[]; readonly reserve: readonly Reserve[] },
  ): Promise<void> {
    const { manager } = this.dataSource;
    if (!(await hasQuota(manager, uploader))) return;
    if (upload.reserve.length > 0) return this.#reserve(uploader, upload.reserve);
    const room = await findRoom(manager, uploader);
    const smallest = upload.chunks.reduce((least, chunk) => Math.min(least, chunk.size), Infinity);
    if (room !== null && smallest > room) throw new AppError('QUOTA_EXCEEDED');
  }

  /**
   * To be called before bytes arrive that are not here yet: they come out of the room that is kept for their upload, and of more
   * where that was for less. Throws QUOTA_EXCEEDED when there is none, and where a space with a quota keeps none for them.
   */
  async countSent(uploader: Uploader, key: ReservationKey | undefined, bytes: number): Promise<void> {
    const { manager } = this.dataSource;
    if (key === undefined) {
      if (await hasQuota(manager, uploader)) throw new AppError('QUOTA_EXCEEDED', {}, { details: NOT_RESERVED });
      return;
    }
    const now = this.clock.now();
    const [countedSince, expiresAt] = [-LIFE_MS, LIFE_MS].map((ms) => new Date(now.getTime() + ms)) as [Date, Date];
    const sent = { id: reservationIdOf(uploader.actorId, key), bytes, now, countedSince, expiresAt };
    if (await countSent(manager, uploader, sent)) return;
    const isTaken = await inTransaction(this.dataSource, async (inLock) => {
      await findAndLockSpace(inLock, uploader);
      return tryReserveSent(inLock, uploader, sent);
    });
    if (!isTaken) throw new AppError('QUOTA_EXCEEDED');
  }

  /** They were counted and did not arrive. */
  async uncountSent(uploader: Uploader, key: ReservationKey, bytes: number): Promise<void> {
    await uncountSent(this.dataSource.manager, uploader, { id: reservationIdOf(uploader.actorId, key), bytes });
  }

  /** To be called when bytes arrive for it; what is not gone on with is given back, however busy its uploader is elsewhere. */
  async renew(uploader: Uploader, key: ReservationKey): Promise<void> {
    const now = this.clock.now().getTime();
    const until = { expiresAt: new Date(now + LIFE_MS), ifBefore: new Date(now + LIFE_MS / 2) };
    const id = reservationIdOf(uploader.actorId, key);
    await renewReservation(this.dataSource.manager, { ...uploader, id }, until);
  }

  /** The upload was given up: its room is everybody's again. */
  async release(uploader: Uploader, key: ReservationKey): Promise<void> {
    await inTransaction(this.dataSource, async (manager) => {
      await findAndLockSpace(manager, uploader);
      await removeReservations(manager, uploader, [reservationIdOf(uploader.actorId, key)]);
    });
    this.sockets.roomFreed(uploader.enterpriseId, uploader.spaceId);
  }

  async expire(signal: AbortSignal): Promise<JobCounts> {
    let reservations = 0;
    const now = this.clock.now();
    for (const key of await listSpacesWithExpired(this.dataSource.manager, now)) {
      if (signal.aborted) break;
      const expired = await inTransaction(this.dataSource, async (manager) => {
        await findAndLockSpace(manager, key);
        return expireReservations(manager, key, now);
      });
      if (expired > 0) this.sockets.roomFreed(key.enterpriseId, key.spaceId);
      reservations += expired;
    }
    return { reservations };
  }

  async #reserve(uploader: Uploader, asked: readonly Reserve[]): Promise<void> {
    const wanted = largestByKey(asked).map(({ key, bytes }) => ({ id: reservationIdOf(uploader.actorId, key), bytes }));
    const expiresAt = new Date(this.clock.now().getTime() + LIFE_MS);
    const isTaken = await inTransaction(this.dataSource, async (manager) => {
      await findAndLockSpace(manager, uploader);
      return tryReserve(manager, uploader, wanted, expiresAt);
    });
    if (!isTaken) throw new AppError('QUOTA_EXCEEDED');
  }
}

/** A key told twice wants its larger size once. */
function largestByKey(asked: readonly Reserve[]): Reserve[] {
  const byKey = new Map<string, Reserve>();
  for (const each of asked) {
    if (each.bytes >= (byKey.get(each.key)?.bytes ?? 0)) byKey.set(each.key, each);
  }
  return [...byKey.values()];
}
