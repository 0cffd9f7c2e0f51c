import { Injectable, type OnModuleInit } from '@nestjs/common';
import { AppError, type ChunkRef } from '@tideline/contracts';
import { DataSource } from 'typeorm';
import { findAndLockSpace } from '../drive/batch.store.ts';
import { JobRunner } from '../jobs/job-runner.ts';
import type { JobCounts } from '../jobs/periodic-job.ts';
import { Clock } from '../platform/clock.ts';
import { inTransaction } from '../platform/transaction.ts';
import {
  expireReservations,
  findRoom,
  hasQuota,
  listSpacesWithExpired,
  renewReservations,
  tryReserve,
  type SpaceKey,
  type Wanted,
} from './reservation.store.ts';

const LIFE_MS = 60 * 60 * 1000;
const EXPIRY_EVERY_MS = 60_000;

export type Uploader = SpaceKey & { readonly actorId: string };

/** VE-3: room is promised before bytes travel. Spaces without a quota promise nothing and pay nothing. */
@Injectable()
export class ReservationService implements OnModuleInit {
  constructor(
    private readonly dataSource: DataSource,
    private readonly clock: Clock,
    private readonly jobs: JobRunner,
  ) {}

  onModuleInit(): void {
    this.jobs.register({
      name: 'reservation-expiry',
      everyMs: EXPIRY_EVERY_MS,
      run: (signal) => this.expire(signal),
    });
  }

  /**
   * Reserves for the operations, or throws QUOTA_EXCEEDED. Without reservations it refuses only what cannot succeed: a file is
   * never smaller than its smallest chunk.
   */
  async prepareUpload(
    uploader: Uploader,
    upload: { readonly chunks: readonly ChunkRef[]; readonly reserve: readonly Wanted[] },
  ): Promise<void> {
    const { manager } = this.dataSource;
    if (!(await hasQuota(manager, uploader))) return;
    if (upload.reserve.length > 0) return this.#reserve(uploader, distinctOps(upload.reserve));
    const room = await findRoom(manager, uploader);
    const smallest = upload.chunks.reduce((least, chunk) => Math.min(least, chunk.size), Infinity);
    if (room !== null && smallest > room) throw new AppError('QUOTA_EXCEEDED');
  }

  /** To be called when bytes arrive. */
  async renew(uploader: Uploader): Promise<void> {
    const now = this.clock.now().getTime();
    const until = { expiresAt: new Date(now + LIFE_MS), ifBefore: new Date(now + LIFE_MS / 2) };
    await renewReservations(this.dataSource.manager, uploader, until);
  }

  async expire(signal: AbortSignal): Promise<JobCounts> {
    let reservations = 0;
    const now = this.clock.now();
    for (const key of await listSpacesWithExpired(this.dataSource.manager, now)) {
      if (signal.aborted) break;
      reservations += await inTransaction(this.dataSource, async (manager) => {
        await findAndLockSpace(manager, key);
        return expireReservations(manager, key, now);
      });
    }
    return { reservations };
  }

  async #reserve(uploader: Uploader, wanted: readonly Wanted[]): Promise<void> {
    const expiresAt = new Date(this.clock.now().getTime() + LIFE_MS);
    const isTaken = await inTransaction(this.dataSource, async (manager) => {
      await findAndLockSpace(manager, uploader);
      return tryReserve(manager, uploader, wanted, expiresAt);
    });
    if (!isTaken) throw new AppError('QUOTA_EXCEEDED');
  }
}

/** An operation told twice wants its larger size once. */
function distinctOps(wanted: readonly Wanted[]): Wanted[] {
  const byOp = new Map<string, Wanted>();
  for (const each of wanted) {
    if (each.bytes >= (byOp.get(each.opId)?.bytes ?? 0)) byOp.set(each.opId, each);
  }
  return [...byOp.values()];
}
