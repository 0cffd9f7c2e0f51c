import { Injectable, type OnModuleInit } from '@nestjs/common';
import { ENTITLEMENT_NOTICE_DAYS } from '@tideline/contracts';
import { DataSource } from 'typeorm';
import { JobRunner } from '../jobs/job-runner.ts';
import type { JobCounts } from '../jobs/periodic-job.ts';
import { NoticeService } from '../notices/notice.service.ts';
import { Clock } from '../platform/clock.ts';
import { listEnding, type Ending } from './operator.store.ts';

export const ENTITLEMENT_NOTICE_JOB = 'entitlement-notice';
const EVERY_MS = 10 * 60_000;
const DAY_MS = 86_400_000;

/**
 * EN-6: tells admins 30, 7 and 1 days before the entitlement of their enterprise ends, once each. What was missed while nothing
 * ran is told by the nearest of them alone; another end is another topic.
 */
@Injectable()
export class EntitlementNoticeJob implements OnModuleInit {
  constructor(
    private readonly dataSource: DataSource,
    private readonly clock: Clock,
    private readonly notices: NoticeService,
    private readonly jobs: JobRunner,
  ) {}

  onModuleInit(): void {
    this.jobs.register({
      name: ENTITLEMENT_NOTICE_JOB,
      lane: 'prompt',
      everyMs: EVERY_MS,
      run: (signal) => this.run(signal),
    });
  }

  async run(signal: AbortSignal): Promise<JobCounts> {
    const now = this.clock.now();
    const horizon = new Date(now.getTime() + Math.max(...ENTITLEMENT_NOTICE_DAYS) * DAY_MS);
    let told = 0;
    for (const ending of await listEnding(this.dataSource.manager, now, horizon)) {
      if (signal.aborted) break;
      if (await this.#tell(ending, now)) told += 1;
    }
    return { told };
  }

  async #tell({ enterpriseId, until }: Ending, now: Date): Promise<boolean> {
    const left = (until.getTime() - now.getTime()) / DAY_MS;
    const daysBefore = ENTITLEMENT_NOTICE_DAYS.findLast((days) => left <= days);
    if (daysBefore === undefined) return false;
    const endsAt = until.toISOString();
    const of = { enterpriseId, to: 'admins' } as const;
    const isNew = await this.notices.tell(this.dataSource.manager, {
      ...of,
      topic: `entitlement ${endsAt} ${daysBefore}`,
      told: { kind: 'entitlement_ends', daysBefore, endsAt },
    });
    if (isNew) this.notices.announce(of);
    return isNew;
  }
}
