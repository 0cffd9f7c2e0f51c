import { Module } from '@nestjs/common';
import { FeatureController } from './feature.controller.ts';
import { FeatureService } from './feature.service.ts';

@Module({ controllers: [FeatureController], providers: [FeatureService], exports: [FeatureService] })
export class EnterpriseModule {}
