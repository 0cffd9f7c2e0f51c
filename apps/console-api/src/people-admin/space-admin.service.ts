import { Injectable } from '@nestjs/common';
import {
  AppError,
  type AdminSpace,
  type AdminSpaces,
  type AdminSpacesQuery,
  type QuotaDefaults,
  type SetQuotaDefault,
  type SpaceId,
} from '@tideline/contracts';
import { DataSource } from 'typeorm';
import type { z } from 'zod';
import { cutPage, ONE_MORE } from '../platform/page.ts';
import type { PersonPrincipal } from '../platform/principal.ts';
import { Announcer } from './announcer.ts';
import { findQuotaDefaults, listAdminSpaces, putQuotaDefault, setOwnQuota } from './space-admin.store.ts';

/** Sizes and quotas of spaces. Devices are told of a new quota, so that tasks blocked by it look again (VE-3). */
@Injectable()
export class SpaceAdminService {
  constructor(
    private readonly dataSource: DataSource,
    private readonly announcer: Announcer,
  ) {}

  async list(caller: PersonPrincipal, query: z.output<typeof AdminSpacesQuery>): Promise<z.input<typeof AdminSpaces>> {
    const { limit, kept, ...filter } = query;
    const found = await listAdminSpaces(this.dataSource.manager, caller, {
      ...filter,
      kept: kept === undefined ? undefined : kept === 'true',
      limit: limit + ONE_MORE,
    });
    const { rows: spaces, last } = cutPage(found, limit);
    return { spaces: [...spaces], next: last?.id ?? null };
  }

  async setQuota(caller: PersonPrincipal, spaceId: SpaceId, quotaBytes: number | null): Promise<AdminSpace> {
    const { enterpriseId } = caller;
    const space = await setOwnQuota(this.dataSource.manager, { enterpriseId, spaceId }, quotaBytes);
    if (!space) throw new AppError('SPACE_UNKNOWN', { space: spaceId });
    this.announcer.quotaChanged(enterpriseId, spaceId);
    return space;
  }

  getDefaults(caller: PersonPrincipal): Promise<QuotaDefaults> {
    return findQuotaDefaults(this.dataSource.manager, caller);
  }

  async setDefault(caller: PersonPrincipal, wanted: z.output<typeof SetQuotaDefault>): Promise<QuotaDefaults> {
    await putQuotaDefault(this.dataSource.manager, caller, wanted);
    if (wanted.applyToExisting) this.announcer.quotaChanged(caller.enterpriseId);
    return this.getDefaults(caller);
  }
}
