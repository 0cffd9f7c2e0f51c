import { Injectable } from '@nestjs/common';
import { AppError, type SpaceId } from '@tideline/contracts';
import { DataSource } from 'typeorm';
import { AccessService } from '../grants/access.service.ts';
import type { MemberPrincipal } from '../platform/principal.ts';

/** Bytes are taken only from callers who may write something in the space; who does not see it learns nothing of it. */
@Injectable()
export class WriterGate {
  constructor(
    private readonly dataSource: DataSource,
    private readonly access: AccessService,
  ) {}

  async requireWriter(principal: MemberPrincipal, spaceId: SpaceId): Promise<void> {
    const { manager } = this.dataSource;
    if (await this.access.mayWriteIn(manager, principal, spaceId)) return;
    const seen = await this.access.listVisibleSpaces(manager, principal);
    throw seen.includes(spaceId) ? new AppError('FORBIDDEN') : new AppError('SPACE_UNKNOWN', { space: spaceId });
  }
}
