import { Injectable } from '@nestjs/common';
import { AppError, type EnterpriseId, type FeatureState } from '@tideline/contracts';
import { DataSource } from 'typeorm';
import { Clock } from '../platform/clock.ts';
import { SocketHub } from '../platform/socket-hub.ts';
import { inTransaction } from '../platform/transaction.ts';
import { findSwitchRefusal, toFeatureState } from './feature.ts';
import { getEnterprise, updateHistory, updateSync } from './feature.store.ts';

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

  private announce(enterpriseId: EnterpriseId): Promise<FeatureState> {
    this.sockets.settingsChanged(enterpriseId);
    return this.getState(enterpriseId);
  }
}
