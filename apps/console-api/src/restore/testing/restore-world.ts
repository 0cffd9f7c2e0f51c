import type { NodeId, RestoreJob, RestoreStep, SpaceId } from '@tideline/contracts';
import { openFeedWorld, type FeedWorld } from '../../change-feed/testing/feed-world.ts';
import { findAndLockSpace } from '../../drive/batch.store.ts';
import type { DriveWorld } from '../../drive/testing/drive-world.ts';
import { JobRunner } from '../../jobs/job-runner.ts';
import type { MemberPrincipal } from '../../platform/principal.ts';
import { inTransaction } from '../../platform/transaction.ts';
import { BinService } from '../../recycle-bin/bin.service.ts';
import { PurgeService } from '../../recycle-bin/purge.service.ts';
import { markPurged } from '../../recycle-bin/purge.store.ts';
import { ManualClock } from '../../testing/manual-clock.ts';
import { RestoreJobRun } from '../restore.job.ts';
import { RestoreRunner, type SliceLimits } from '../restore-runner.ts';
import { RestoreService } from '../restore.service.ts';

/** A drive whose folders can be brought back, on a real database, with the job run by hand. */
export class RestoreWorld {
  readonly drive: DriveWorld;
  readonly restores: RestoreService;
  readonly job: RestoreJobRun;
  readonly runner: RestoreRunner;
  readonly purges: PurgeService;
  readonly clock = new ManualClock();
  /** Those of the product where it is not set. */
  limits: SliceLimits | undefined;

  private constructor(readonly feed: FeedWorld) {
    this.drive = feed.drive;
    const { access, commits, hub } = this.drive;
    const { dataSource } = this.drive.database;
    this.runner = new RestoreRunner(dataSource, feed.scopes, commits, access, hub);
    const runSlice = this.runner.runSlice.bind(this.runner);
    this.runner.runSlice = (restore, stop, limits = this.limits) => runSlice(restore, stop, limits);
    this.restores = new RestoreService(dataSource, access, this.runner);
    const jobs = new JobRunner(dataSource, this.clock);
    this.job = new RestoreJobRun(dataSource, this.clock, jobs, this.runner);
    const bin = new BinService(dataSource, access, commits);
    this.purges = new PurgeService(dataSource, access, bin, hub, this.clock, jobs);
  }

  static async open(): Promise<RestoreWorld> {
    return new RestoreWorld(await openFeedWorld());
  }

  async run(): Promise<void> {
    const never = AbortSignal.any([]);
    await this.job.plan(never, never);
    while (((await this.job.apply(never, never))['slices'] ?? 0) > 0);
  }

  /** A moment that lies after everything done so far and before everything to come, by the clock of the database. */
  async moment(): Promise<Date> {
    const [row] = await this.drive.sql<{ at: Date }>(`SELECT clock_timestamp() AS at, pg_sleep(0.002)`);
    if (!row) throw new Error('the database tells no time');
    return row.at;
  }

  async plan(principal: MemberPrincipal, folderId: NodeId, at: Date): Promise<RestoreJob> {
    const { id } = await this.restores.plan(principal, folderId, at);
    await this.run();
    return this.restores.get(principal, id);
  }

  async steps(principal: MemberPrincipal, job: RestoreJob): Promise<RestoreStep[]> {
    const steps: RestoreStep[] = [];
    for (let after: number | null = 0; after !== null;) {
      const page: { steps: RestoreStep[]; next: number | null } = await this.restores.listSteps(principal, job.id, {
        after,
        limit: 7,
        state: undefined,
      });
      steps.push(...page.steps);
      after = page.next;
    }
    return steps;
  }

  async apply(principal: MemberPrincipal, job: RestoreJob): Promise<RestoreJob> {
    await this.restores.apply(principal, job.id);
    await this.run();
    return this.restores.get(principal, job.id);
  }

  /** Plans and applies at once. */
  async restore(principal: MemberPrincipal, folderId: NodeId, at: Date): Promise<RestoreJob> {
    return this.apply(principal, await this.plan(principal, folderId, at));
  }

  digest(principal: MemberPrincipal, spaceId: SpaceId, rootId: NodeId): Promise<{ count: number; digest: string }> {
    return this.feed.listings.getDigest({ principal, spaceId, rootId });
  }

  /** Path, kind, content and metadata of everything below a folder; ids are not part of it, since what was purged gets new ones. */
  async tree(principal: MemberPrincipal, spaceId: SpaceId, rootId: NodeId): Promise<string[]> {
    const { listings } = this.feed;
    const paths = new Map<string, string>([[rootId, '']]);
    const lines: string[] = [];
    for (let page: string | undefined; ;) {
      const answer = await listings.list({ principal, spaceId, rootId, page, limit: 1000 });
      for (const node of answer.nodes.filter((each) => each.id !== rootId)) {
        paths.set(node.id, `${paths.get(String(node.parentId))}/${node.name}`);
        lines.push(`${paths.get(node.id)} ${node.kind} ${node.contentId} ${node.mtimeMs} ${node.exec}`);
      }
      if (answer.nextPage === null) return lines.sort();
      page = answer.nextPage;
    }
  }

  /** For good, and cleared away unless it is left `pending`. */
  async purge(spaceId: SpaceId, nodeId: NodeId, { pending = false } = {}): Promise<void> {
    const { dataSource } = this.drive.database;
    const key = { enterpriseId: this.drive.enterpriseId, spaceId };
    await inTransaction(dataSource, async (manager) => {
      const space = await findAndLockSpace(manager, key);
      await markPurged(manager, key, { nodeIds: [nodeId], seq: space?.seq ?? 0 });
    });
    if (!pending) await this.purges.clearAll(AbortSignal.any([]));
  }
}
