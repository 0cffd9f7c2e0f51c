import { Injectable, type OnModuleInit } from '@nestjs/common';
import type { EnterpriseId, SpaceId } from '@tideline/contracts';
import { DataSource } from 'typeorm';
import { findAndLockSpace } from '../drive/batch.store.ts';
import { JobRunner } from '../jobs/job-runner.ts';
import type { JobCounts } from '../jobs/periodic-job.ts';
import { Clock } from '../platform/clock.ts';
import { SocketHub } from '../platform/socket-hub.ts';
import { inTransaction } from '../platform/transaction.ts';
import { releaseVersions, sweepReleased } from './release.store.ts';
import { listKeeping } from './retention.store.ts';
import { findSuperfluous, type Keeping } from './superfluous-versions.ts';
import { listFilesWithHistory, listStoredVersions } from './version.store.ts';

const FILES_PER_SLICE = 200;
/** Versions released under one lock of their space. */
const RELEASED_AT_ONCE = 500;
const SWEPT_PER_SLICE = 1000;
const FIRST_ID = '00000000-0000-0000-0000-000000000000';

/** VE-1: takes out of the histories of files what the enterprise does not keep, and removes what nobody can ask for any more. */
@Injectable()
export class PruneService implements OnModuleInit {
  constructor(
    private readonly dataSource: DataSource,
    private readonly clock: Clock,
    private readonly jobs: JobRunner,
    private readonly sockets: SocketHub,
  ) {}

  onModuleInit(): void {
    this.jobs.register({ name: 'version-pruning', everyMs: 3_600_000, run: (signal) => this.prune(signal) });
    this.jobs.register({ name: 'version-sweep', everyMs: 3_600_000, run: (signal) => this.sweep(signal) });
  }

  async prune(signal: AbortSignal): Promise<JobCounts> {
    let versions = 0;
    for (const { enterpriseId, ...keeping } of await listKeeping(this.dataSource.manager)) {
      for (let after: string | null = FIRST_ID; after !== null && !signal.aborted;) {
        const slice = await this.#pruneSlice(enterpriseId, keeping, after);
        versions += slice.released;
        after = slice.next;
      }
    }
    return { versions };
  }

  /** Released versions whose time in node_history is over. */
  async sweep(signal: AbortSignal): Promise<JobCounts> {
    let versions = 0;
    let after: { enterpriseId: string; id: string } | null = { enterpriseId: FIRST_ID, id: FIRST_ID };
    while (after && !signal.aborted) {
      const { removed, next } = await sweepReleased(this.dataSource.manager, { after, limit: SWEPT_PER_SLICE });
      versions += removed;
      after = next;
    }
    return { versions };
  }

  async #pruneSlice(
    enterpriseId: EnterpriseId,
    keeping: Keeping,
    after: string,
  ): Promise<{ released: number; next: string | null }> {
    const { manager } = this.dataSource;
    const files = await listFilesWithHistory(manager, { enterpriseId }, { after, limit: FILES_PER_SLICE });
    const nodeIds = files.map((file) => file.nodeId);
    const byFile = Map.groupBy(await listStoredVersions(manager, { enterpriseId }, nodeIds), (each) => each.nodeId);
    const now = this.clock.now();
    const bySpace = Map.groupBy(files, (file) => file.spaceId);
    let released = 0;
    for (const [spaceId, ofSpace] of bySpace) {
      const superfluous = ofSpace.flatMap(({ nodeId }) => findSuperfluous(byFile.get(nodeId) ?? [], keeping, now));
      released += await this.#release(enterpriseId, spaceId, superfluous);
    }
    // Fewer than asked for may also mean that nodes were removed meanwhile; only an empty page is the end.
    return { released, next: nodeIds.at(-1) ?? null };
  }

  async #release(enterpriseId: EnterpriseId, spaceId: SpaceId, versionIds: readonly string[]): Promise<number> {
    const key = { enterpriseId, spaceId };
    let released = 0;
    let isLimited = false;
    for (let at = 0; at < versionIds.length; at += RELEASED_AT_ONCE) {
      released += await inTransaction(this.dataSource, async (manager) => {
        isLimited = ((await findAndLockSpace(manager, key))?.quotaBytes ?? null) !== null;
        return releaseVersions(manager, key, versionIds.slice(at, at + RELEASED_AT_ONCE));
      });
    }
    if (released > 0 && isLimited) this.sockets.roomFreed(enterpriseId, spaceId);
    return released;
  }
}
