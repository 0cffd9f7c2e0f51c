import { Injectable } from '@nestjs/common';
import { AppError, type EnterpriseId, type FeatureState } from '@tideline/contracts';
import { DataSource, type EntityManager } from 'typeorm';
import { Clock } from '../platform/clock.ts';
import { SocketHub } from '../platform/socket-hub.ts';
import { inTransaction } from '../platform/transaction.ts';
import type { DevicePrincipal } from '../platform/principal.ts';
import { findFeatureRefusal, findSwitchRefusal, toFeatureState } from './feature.ts';
import {
  countEnterprises,
  getEnterprise,
  insertEnabledEnterprise,
  updateHistory,
  updateSync,
  type EnterpriseRow,
  type NewEnterprise,
} from './feature.store.ts';

/** Switches of sync backup (EN). Every change is told to the enterprise's devices and console pages at once. */
@Injectable()
export class FeatureService {
  constructor(
    private readonly dataSource: DataSource,
    private readonly clock: Clock,
    private readonly sockets: SocketHub,
  ) {}

  async getState(enterpriseId: EnterpriseId): Promise<FeatureState> {
    return toFeatureState(await getEnterprise(this.dataSource, enterpriseId), this.clock.now());
  }

  async switchSync(enterpriseId: EnterpriseId, on: boolean, typedCode: string): Promise<FeatureState> {
    await inTransaction(this.dataSource, async (manager) => {
      const enterprise = await getEnterprise(manager, enterpriseId, 'FOR UPDATE');
      const isCodeRight = typedCode.trim().toLowerCase() === enterprise.code;
      const refusal = findSwitchRefusal(enterprise, { on, isCodeRight }, this.clock.now());
      if (refusal) throw new AppError(refusal, { code: enterprise.code });
      await updateSync(manager, enterpriseId, on, this.clock.now());
    });
    return this.announce(enterpriseId);
  }

  async switchHistory(enterpriseId: EnterpriseId, on: boolean): Promise<FeatureState> {
    await inTransaction(this.dataSource, async (manager) => {
      const { syncOn } = await getEnterprise(manager, enterpriseId, 'FOR UPDATE');
      if (!on && syncOn) throw new AppError('HISTORY_IN_USE');
      await updateHistory(manager, enterpriseId, on);
    });
    return this.announce(enterpriseId);
  }

  getEnterprise(enterpriseId: EnterpriseId): Promise<EnterpriseRow> {
    return getEnterprise(this.dataSource, enterpriseId);
  }

  /** In the transaction of what needs the feature: it stays on until that is done. Throws why a device may not sync (EN). */
  async requireFeature(manager: EntityManager, device: DevicePrincipal): Promise<void> {
    const enterprise = await getEnterprise(manager, device.enterpriseId, 'FOR SHARE');
    const refusal = findFeatureRefusal(enterprise, device.agentVersion, this.clock.now());
    if (!refusal) return;
    const { code, minAgentVersion: minVersion } = enterprise;
    throw new AppError(refusal, { code, version: device.agentVersion, minVersion });
  }

  async hasEnterprises(manager: EntityManager): Promise<boolean> {
    return (await countEnterprises(manager)) > 0;
  }

  /** Entitled, history and sync backup on; in the transaction that fills it with people. */
  addEnabled(manager: EntityManager, enterprise: NewEnterprise): Promise<void> {
    return insertEnabledEnterprise(manager, enterprise, this.clock.now());
  }

  private announce(enterpriseId: EnterpriseId): Promise<FeatureState> {
    this.sockets.settingsChanged(enterpriseId);
    return this.getState(enterpriseId);
  }
}
