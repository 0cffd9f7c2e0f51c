import type { NodeId, OpId, PlaceRequest } from '@tideline/contracts';
import type { z } from 'zod';
import { CopyService } from '../../copies/copy.service.ts';
import { SpaceMoveService } from '../../copies/space-move.service.ts';
import { UploadService } from '../../drive/upload.service.ts';
import { DriveWorld, newId } from '../../drive/testing/drive-world.ts';
import { JobRunner } from '../../jobs/job-runner.ts';
import type { MemberPrincipal } from '../../platform/principal.ts';
import { ReservationService } from '../../quota/reservation.service.ts';
import { BinService } from '../../recycle-bin/bin.service.ts';
import { PurgeService } from '../../recycle-bin/purge.service.ts';
import { ManualClock } from '../../testing/manual-clock.ts';
import { PruneService } from '../prune.service.ts';
import { RetentionService } from '../retention.service.ts';
import { VersionService } from '../version.service.ts';

/** A drive with what keeps, restores and copies its nodes; its time is moved by the test. */
export class RetentionWorld {
  readonly clock = new ManualClock();
  readonly bin: BinService;
  readonly purges: PurgeService;
  readonly versions: VersionService;
  readonly prunes: PruneService;
  readonly policies: RetentionService;
  readonly reservations: ReservationService;
  readonly copies: CopyService;
  readonly moves: SpaceMoveService;
  readonly signal: AbortSignal = new AbortController().signal;

  constructor(readonly drive: DriveWorld) {
    const { access, commits, hub } = drive;
    const { dataSource } = drive.database;
    const jobs = new JobRunner(dataSource, this.clock);
    this.bin = new BinService(dataSource, access, commits);
    this.purges = new PurgeService(dataSource, access, this.bin, hub, this.clock, jobs);
    this.versions = new VersionService(dataSource, access, hub);
    this.prunes = new PruneService(dataSource, this.clock, jobs, hub);
    this.policies = new RetentionService(dataSource);
    this.copies = new CopyService(dataSource, access, hub, jobs, this.clock);
    this.moves = new SpaceMoveService(dataSource, access, hub);
    this.reservations = new ReservationService(dataSource, this.clock, jobs, hub);
  }

  /** By the clock of this world. */
  uploads(): UploadService {
    const { access, usable, packs, database } = this.drive;
    return new UploadService(database.dataSource, access, usable, packs, this.reservations);
  }

  static async open(): Promise<RetentionWorld> {
    return new RetentionWorld(await DriveWorld.open());
  }

  close(): Promise<void> {
    return this.drive.close();
  }

  /** Asked for once. */
  copy(principal: MemberPrincipal, nodeId: NodeId, place: z.output<typeof PlaceRequest>) {
    return this.copies.copy(principal, nodeId, { ...place, opId: newId<OpId>() });
  }

  /** What the space says it uses, which must be what its versions say; fails when it is not. */
  async usedBytes(spaceId: string): Promise<number> {
    const [row] = await this.drive.sql<{ used: string; summed: string }>(
      `SELECT s.used_bytes AS used, (SELECT coalesce(sum(v.size), 0) FROM version v
         WHERE v.enterprise_id = s.enterprise_id AND v.space_id = s.id AND v.released_at IS NULL) AS summed
       FROM space s WHERE s.id = $1`,
      [spaceId],
    );
    if (!row || row.used !== row.summed) throw new Error(`used ${row?.used}, versions sum up to ${row?.summed}`);
    return Number(row.used);
  }
}
