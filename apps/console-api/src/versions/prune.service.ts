import { Injectable, type OnModuleInit } from '@nestjs/common';
import type { EnterpriseId, SpaceId } from '@tideline/contracts';
import { DataSource, type EntityManager } from 'typeorm';
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
/** Versions looked at under one lock of their space, about; those of one file are looked at together. */
const LOOKED_AT_ONCE = 500;
const SWEPT_PER_SLICE = 1000;
const FIRST_ID = '00000000-0000-0000-0000-000000000000';
type Place = { readonly enterpriseId: string; readonly id: string };
const FIRST: Place = { enterpriseId: FIRST_ID, id: FIRST_ID };

type FilesOf = { readonly enterpriseId: EnterpriseId; readonly nodeIds: readonly string[] };
/** Of the versions that a file has, those that the policy does not keep. */
type Judged = { readonly versions: number; readonly superfluous: readonly string[] };

/** VE-1: takes out of the histories of files what the enterprise does not keep, and removes what nobody can ask for any more. */
@Injectable()
export class PruneService implements OnModuleInit {
  #pruneFrom = FIRST;
  #sweepFrom = FIRST;

  constructor(
    private readonly dataSource: DataSource,
    private readonly clock: Clock,
    private readonly jobs: JobRunner,
    private readonly sockets: SocketHub,
  ) {}

  onModuleInit(): void {
    this.jobs.register({
      name: 'version-pruning',
      lane: 'long',
      everyMs: 3_600_000,
      run: (signal) => this.prune(signal),
    });
    this.jobs.register({
      name: 'version-sweep',
      lane: 'long',
      everyMs: 3_600_000,
      run: (signal) => this.sweep(signal),
    });
  }

  /** A run that is cut leaves its place to the next one; a crash costs a second look at what is pruned. */
  async prune(signal: AbortSignal): Promise<JobCounts> {
    let versions = 0;
    const from = this.#pruneFrom;
    const all = (await listKeeping(this.dataSource.manager)).filter((each) => each.enterpriseId >= from.enterpriseId);
    for (const { enterpriseId, ...keeping } of all) {
      for (let after: string | null = enterpriseId === from.enterpriseId ? from.id : FIRST_ID; after !== null;) {
        if (signal.aborted) {
          this.#pruneFrom = { enterpriseId, id: after };
          return { versions };
        }
        const slice = await this.#pruneSlice(enterpriseId, keeping, after);
        versions += slice.released;
        after = slice.next;
      }
    }
    this.#pruneFrom = FIRST;
    return { versions };
  }

  /** Released versions whose time in node_history is over. */
  async sweep(signal: AbortSignal): Promise<JobCounts> {
    let versions = 0;
    for (let after: Place | null = this.#sweepFrom; after && !signal.aborted;) {
      const { removed, next } = await sweepReleased(this.dataSource.manager, { after, limit: SWEPT_PER_SLICE });
      versions += removed;
      after = next;
      this.#sweepFrom = next ?? FIRST;
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
    const judged = await this.#judge(manager, { enterpriseId, nodeIds }, keeping);
    const concerned = files.flatMap((file) => {
      const found = judged.get(file.nodeId);
      return found ? [{ ...file, versions: found.versions }] : [];
    });
    let released = 0;
    for (const [spaceId, ofSpace] of Map.groupBy(concerned, (file) => file.spaceId)) {
      for (const slice of sliceByVersions(ofSpace)) {
        released += await this.#release({ enterpriseId, spaceId, nodeIds: slice }, keeping);
      }
    }
    // Fewer than asked for may also mean that nodes were removed meanwhile; only an empty page is the end.
    return { released, next: nodeIds.at(-1) ?? null };
  }

  /** By file; those of which everything is kept are left out. */
  async #judge(manager: EntityManager, of: FilesOf, keeping: Keeping): Promise<Map<string, Judged>> {
    const byFile = Map.groupBy(await listStoredVersions(manager, of, of.nodeIds), (each) => each.nodeId);
    const now = this.clock.now();
    const judged = [...byFile].map(([nodeId, versions]): [string, Judged] => [
      nodeId,
      { versions: versions.length, superfluous: findSuperfluous(versions, keeping, now) },
    ]);
    return new Map(judged.filter(([, { superfluous }]) => superfluous.length > 0));
  }

  /**
   * Decided once more under the lock: a pin, or a version deleted by hand after which an older upload is the newest one of its
   * device (UP-10), may have come in between.
   */
  async #release(of: FilesOf & { readonly spaceId: SpaceId }, keeping: Keeping): Promise<number> {
    const { released, isLimited } = await inTransaction(this.dataSource, async (manager) => {
      const space = await findAndLockSpace(manager, of);
      const judged = await this.#judge(manager, of, keeping);
      const superfluous = [...judged.values()].flatMap((each) => each.superfluous);
      const released = await releaseVersions(manager, of, superfluous);
      return { released, isLimited: (space?.quotaBytes ?? null) !== null };
    });
    if (released > 0 && isLimited) this.sockets.roomFreed(of.enterpriseId, of.spaceId);
    return released;
  }
}

function sliceByVersions(files: readonly { readonly nodeId: string; readonly versions: number }[]): string[][] {
  const slices: string[][] = [];
  let left = 0;
  for (const { nodeId, versions } of files) {
    if (left <= 0) {
      slices.push([]);
      left = LOOKED_AT_ONCE;
    }
    slices.at(-1)?.push(nodeId);
    left -= versions;
  }
  return slices;
}
