import { Module } from '@nestjs/common';
import { FeatureController } from './feature.controller.ts';
import { FeatureService } from './feature.service.ts';
import { SyncPolicyController } from './sync-policy.controller.ts';
import { SyncPolicyService } from './sync-policy.service.ts';

@Module({
  controllers: [FeatureController, SyncPolicyController],
  providers: [FeatureService, SyncPolicyService],
  exports: [FeatureService, SyncPolicyService],
})
export class EnterpriseModule {}
