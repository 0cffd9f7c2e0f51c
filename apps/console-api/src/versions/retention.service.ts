import { Injectable } from '@nestjs/common';
import type { EnterpriseId, RetentionPolicy } from '@tideline/contracts';
import { DataSource } from 'typeorm';
import { findPolicy, savePolicy } from './retention.store.ts';

/** How long an enterprise keeps versions and its recycle bins (VE-1, VE-2). A shorter time takes effect with the next pruning. */
@Injectable()
export class RetentionService {
  constructor(private readonly dataSource: DataSource) {}

  get(enterpriseId: EnterpriseId): Promise<RetentionPolicy> {
    return findPolicy(this.dataSource.manager, enterpriseId);
  }

  async set(enterpriseId: EnterpriseId, policy: RetentionPolicy): Promise<RetentionPolicy> {
    await savePolicy(this.dataSource.manager, enterpriseId, policy);
    return policy;
  }
}
