import { Injectable } from '@nestjs/common';
import type { SpaceCopy, SpaceId, SpaceJobsQuery } from '@tideline/contracts';
import { DataSource } from 'typeorm';
import type { z } from 'zod';
import { AccessService } from '../grants/access.service.ts';
import { cutPage, ONE_MORE } from '../platform/page.ts';
import { isAdmin, type MemberPrincipal } from '../platform/principal.ts';
import { toCopyAnswer } from './copy-answer.ts';
import { listNodes, listSpaceCopies } from './copy-list.store.ts';

/** Copies into a space, for whoever may end them: who asked for them, and a drive admin who sees the space. */
@Injectable()
export class CopyListService {
  constructor(
    private readonly dataSource: DataSource,
    private readonly access: AccessService,
  ) {}

  async list(
    principal: MemberPrincipal,
    spaceId: SpaceId,
    { after, limit }: z.output<typeof SpaceJobsQuery>,
  ): Promise<{ copies: SpaceCopy[]; next: string | null }> {
    const { manager } = this.dataSource;
    await this.access.requireWatchable(manager, principal, spaceId);
    const key = { enterpriseId: principal.enterpriseId, spaceId };
    const userId = isAdmin(principal) ? null : principal.userId;
    const found = await listSpaceCopies(manager, key, { after: after ?? null, limit: limit + ONE_MORE, userId });
    const { rows: shown, last } = cutPage(found, limit);
    const targetIds = shown.map((copy) => copy.targetId);
    const seen = await this.access.resolve(manager, principal, targetIds);
    const nodes = await listNodes(manager, key, [...seen.keys()]);
    const copies = shown.map((copy) => ({
      ...toCopyAnswer(copy, nodes.get(copy.targetId) ?? null),
      by: { id: copy.userId, name: copy.userName },
      createdAt: copy.createdAt.toISOString(),
    }));
    return { copies, next: last?.id ?? null };
  }
}
