import { Module } from '@nestjs/common';
import { IdentityModule } from '../identity/identity.module.ts';
import { PeopleAdminModule } from '../people-admin/people-admin.module.ts';
import { EntitlementEndJob } from './entitlement-end.job.ts';
import { EntitlementNoticeJob } from './entitlement-notice.job.ts';
import { OperatorController } from './operator.controller.ts';
import { OperatorService } from './operator.service.ts';

/** The platform operator's side of enterprises. */
@Module({
  imports: [IdentityModule, PeopleAdminModule],
  controllers: [OperatorController],
  providers: [EntitlementEndJob, EntitlementNoticeJob, OperatorService],
})
export class OperatorModule {}
