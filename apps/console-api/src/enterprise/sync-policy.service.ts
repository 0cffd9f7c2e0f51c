import { Injectable } from '@nestjs/common';
import { SyncPolicy, type EnterpriseId } from '@tideline/contracts';
import { DataSource } from 'typeorm';
import { SocketHub } from '../platform/socket-hub.ts';
import { readSyncPolicy, updateSyncPolicy } from './sync-policy.store.ts';

/** What an enterprise decides for the tasks of all its devices. A change is told to them at once; a filter never deletes (SY-26). */
@Injectable()
export class SyncPolicyService {
  constructor(
    private readonly dataSource: DataSource,
    private readonly sockets: SocketHub,
  ) {}

  async get(enterpriseId: EnterpriseId): Promise<SyncPolicy> {
    return SyncPolicy.parse(await readSyncPolicy(this.dataSource.manager, enterpriseId));
  }

  async set(enterpriseId: EnterpriseId, policy: SyncPolicy): Promise<SyncPolicy> {
    await updateSyncPolicy(this.dataSource.manager, enterpriseId, policy);
    this.sockets.settingsChanged(enterpriseId);
    return policy;
  }
}
