import { Module } from '@nestjs/common';
import { EnterpriseModule } from '../enterprise/enterprise.module.ts';
import { IdentityModule } from '../identity/identity.module.ts';
import { DeviceSelfController } from './device-self.controller.ts';
import { DeviceSettingsService } from './device-settings.service.ts';
import { FleetController } from './fleet.controller.ts';
import { FleetService } from './fleet.service.ts';
import { HealthService } from './health.service.ts';
import { LastSeen } from './last-seen.ts';
import { ReportService } from './report.service.ts';
import { TaskService } from './task.service.ts';

@Module({
  imports: [IdentityModule, EnterpriseModule],
  controllers: [FleetController, DeviceSelfController],
  providers: [DeviceSettingsService, FleetService, HealthService, LastSeen, ReportService, TaskService],
  exports: [LastSeen, ReportService],
})
export class FleetModule {}
