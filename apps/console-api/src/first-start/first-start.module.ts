import { Module } from '@nestjs/common';
import { EnterpriseModule } from '../enterprise/enterprise.module.ts';
import { IdentityModule } from '../identity/identity.module.ts';
import { DemoEnterprise } from './demo-enterprise.ts';
import { FirstEnterprise } from './first-enterprise.ts';
import { FirstStartService } from './first-start.service.ts';

@Module({
  imports: [EnterpriseModule, IdentityModule],
  providers: [DemoEnterprise, FirstEnterprise, FirstStartService],
  exports: [FirstStartService],
})
export class FirstStartModule {}
