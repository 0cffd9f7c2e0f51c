import { Injectable, type OnModuleInit } from '@nestjs/common';
import type { EnterpriseId, NoticesAnswer, UserId } from '@tideline/contracts';
import { DataSource, type EntityManager } from 'typeorm';
import { v7 as uuidv7 } from 'uuid';
import { JobRunner } from '../jobs/job-runner.ts';
import type { JobCounts } from '../jobs/periodic-job.ts';
import { Clock } from '../platform/clock.ts';
import { isDriveAdmin, type PersonPrincipal } from '../platform/principal.ts';
import { SocketHub } from '../platform/socket-hub.ts';
import {
  deleteOldNotices,
  deleteTopic,
  insertNotice,
  listNotices,
  markSeen,
  type Reader,
  type Told,
} from './notice.store.ts';

export const NOTICE_CLEANUP_JOB = 'notice-cleanup';
const CLEANUP_EVERY_MS = 3_600_000;
const KEPT_MS = 90 * 86_400_000;
const SLICE = 1000;

export type NoticeFor = {
  readonly enterpriseId: EnterpriseId;
  readonly to: UserId | 'admins';
  readonly told: Told;
  /** The same topic is told once per enterprise, until it is settled. */
  readonly topic?: string;
};

/** Tells people what concerns them and nobody asked for. */
@Injectable()
export class NoticeService implements OnModuleInit {
  constructor(
    private readonly dataSource: DataSource,
    private readonly clock: Clock,
    private readonly sockets: SocketHub,
    private readonly jobs: JobRunner,
  ) {}

  onModuleInit(): void {
    this.jobs.register({
      name: NOTICE_CLEANUP_JOB,
      lane: 'prompt',
      everyMs: CLEANUP_EVERY_MS,
      run: (signal) => this.cleanUp(signal),
    });
  }

  /** In the transaction of what it tells of: both happen or neither. `announce` follows its commit. */
  tell(manager: EntityManager, { topic, ...notice }: NoticeFor): Promise<boolean> {
    return insertNotice(manager, { ...notice, topic: topic ?? null, id: uuidv7(), at: this.clock.now() });
  }

  announce({ enterpriseId, to }: Pick<NoticeFor, 'enterpriseId' | 'to'>): void {
    this.sockets.noticesChanged(enterpriseId, to);
  }

  /** What a notice asked for was done. */
  async settle(of: Pick<NoticeFor, 'enterpriseId' | 'to'>, topic: string): Promise<void> {
    await deleteTopic(this.dataSource.manager, of, topic);
    this.announce(of);
  }

  async list(person: PersonPrincipal): Promise<NoticesAnswer> {
    const since = new Date(this.clock.now().getTime() - KEPT_MS);
    const notices = await listNotices(this.dataSource.manager, readerOf(person), since);
    return { notices, unseen: notices.filter(({ seen }) => !seen).length };
  }

  async markSeen(person: PersonPrincipal, ids: readonly string[]): Promise<NoticesAnswer> {
    await markSeen(this.dataSource.manager, readerOf(person), ids);
    return this.list(person);
  }

  async cleanUp(signal: AbortSignal): Promise<JobCounts> {
    const before = new Date(this.clock.now().getTime() - KEPT_MS);
    let notices = 0;
    while (!signal.aborted) {
      const gone = await deleteOldNotices(this.dataSource.manager, before, SLICE);
      notices += gone;
      if (gone < SLICE) break;
    }
    return { notices };
  }
}

function readerOf({ enterpriseId, userId, role }: PersonPrincipal): Reader {
  return { enterpriseId, userId, isAdmin: isDriveAdmin(role) };
}
