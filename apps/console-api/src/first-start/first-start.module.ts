import { Module } from '@nestjs/common';
import { IdentityModule } from '../identity/identity.module.ts';
import { DemoEnterprise } from './demo-enterprise.ts';
import { FirstEnterprise } from './first-enterprise.ts';
import { FirstStartService } from './first-start.service.ts';

@Module({
  imports: [IdentityModule],
  providers: [DemoEnterprise, FirstEnterprise, FirstStartService],
  exports: [FirstStartService],
})
export class FirstStartModule {}
