import { Injectable } from '@nestjs/common';
import { AppError, type Handover, type SpaceId, type UserId } from '@tideline/contracts';
import { DataSource, type EntityManager } from 'typeorm';
import { v7 as uuidv7 } from 'uuid';
import { Clock } from '../platform/clock.ts';
import { NoticeService } from '../notices/notice.service.ts';
import { readPage, TimePosition, type PageAsked, type PageOf } from '../platform/page.ts';
import type { PersonPrincipal } from '../platform/principal.ts';
import { inTransaction } from '../platform/transaction.ts';
import { findKeptSpace, findReceiver, insertHandover, keepPersonalSpace, listHandovers } from './handover.store.ts';
import type { UserKey } from './people-admin.store.ts';
import { orAlreadyExists } from './unique.ts';

/** How long the space of a deleted user or team is kept (docs/adr/0010-deleted-users-leave-their-space.md). */
export const KEEP_DAYS = 90;
const DAY_MS = 86_400_000;

type Wanted = { readonly spaceId: string; readonly successorId: UserId };

/** What becomes of a deleted user's personal space: kept for a time, and carried over to a successor by a job. */
@Injectable()
export class HandoverService {
  constructor(
    private readonly dataSource: DataSource,
    private readonly clock: Clock,
    private readonly notices: NoticeService,
  ) {}

  list(caller: PersonPrincipal, asked: PageAsked): Promise<PageOf<Handover>> {
    return readPage<Handover, typeof TimePosition>(asked, {
      position: TimePosition,
      positionOf: ({ createdAt, id }) => [createdAt, id],
      find: (page) => listHandovers(this.dataSource.manager, caller, page),
    });
  }

  /** In the transaction that deletes the user. */
  async keepSpace(
    manager: EntityManager,
    key: UserKey,
  ): Promise<{ readonly spaceId: SpaceId; readonly keptUntil: Date } | undefined> {
    const keptUntil = new Date(this.clock.now().getTime() + KEEP_DAYS * DAY_MS);
    const spaceId = await keepPersonalSpace(manager, key, keptUntil);
    return spaceId && { spaceId, keptUntil };
  }

  async handOver(caller: PersonPrincipal, wanted: Wanted): Promise<Handover> {
    const work = (manager: EntityManager) => this.begin(manager, caller, wanted);
    const begun = await orAlreadyExists('A hand-over of this space', () => inTransaction(this.dataSource, work));
    this.announce(caller, wanted.successorId);
    return begun;
  }

  announce({ enterpriseId }: Pick<PersonPrincipal, 'enterpriseId'>, successorId: UserId): void {
    this.notices.announce({ enterpriseId, to: successorId });
  }

  /** `announce` follows its commit. PE-5: nobody names himself, so that no admin comes to read a personal space by deleting its owner. */
  async begin(manager: EntityManager, caller: PersonPrincipal, wanted: Wanted): Promise<Handover> {
    const { enterpriseId } = caller;
    const now = this.clock.now();
    const space = await findKeptSpace(manager, { enterpriseId, spaceId: wanted.spaceId, now });
    if (!space) throw new AppError('SPACE_UNKNOWN', { space: wanted.spaceId });
    if (wanted.successorId === caller.userId) throw new AppError('SUCCESSOR_INVALID');
    const receiver = await findReceiver(manager, { enterpriseId, userId: wanted.successorId });
    if (!receiver) throw new AppError('SUCCESSOR_INVALID');
    if (receiver.roomBytes !== null && receiver.roomBytes < space.liveBytes) throw new AppError('QUOTA_EXCEEDED');
    const id = uuidv7();
    await insertHandover(manager, {
      enterpriseId,
      id,
      spaceId: wanted.spaceId,
      fromName: space.name,
      toUserId: wanted.successorId,
      toSpaceId: receiver.spaceId,
      createdBy: caller.userId,
      createdAt: now,
    });
    const told = { kind: 'space_handed_over', from: space.name } as const;
    await this.notices.tell(manager, { enterpriseId, to: wanted.successorId, told });
    const [handover] = await listHandovers(manager, { enterpriseId }, { id });
    if (!handover) throw new Error('the hand-over just inserted is there');
    return handover;
  }
}
