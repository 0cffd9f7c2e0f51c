import { Controller } from '@nestjs/common';
import { routes, type RouteResult } from '@tideline/contracts';
import type { DevicePrincipal } from '../platform/principal.ts';
import { Caller, Handles, Input, type HandlerInput } from '../platform/route.ts';
import { DeviceSettingsService } from './device-settings.service.ts';
import { LastSeen } from './last-seen.ts';
import { ReportService } from './report.service.ts';
import { TaskService } from './task.service.ts';

const { settings, tasks, registerTask, removeTask, report } = routes.devices;

/** What a device asks and tells about itself. */
@Controller()
export class DeviceSelfController {
  constructor(
    private readonly deviceSettings: DeviceSettingsService,
    private readonly deviceTasks: TaskService,
    private readonly reports: ReportService,
    private readonly lastSeen: LastSeen,
  ) {}

  @Handles(settings)
  async settings(@Caller() caller: DevicePrincipal): Promise<RouteResult<typeof settings>> {
    this.lastSeen.note(caller.enterpriseId, caller.deviceId);
    return this.deviceSettings.get(caller);
  }

  @Handles(tasks)
  async tasks(@Caller() caller: DevicePrincipal): Promise<RouteResult<typeof tasks>> {
    return { tasks: await this.deviceTasks.list(caller) };
  }

  @Handles(registerTask)
  registerTask(
    @Caller() caller: DevicePrincipal,
    @Input() input: HandlerInput<typeof registerTask>,
  ): Promise<RouteResult<typeof registerTask>> {
    return this.deviceTasks.register(caller, input.params.taskId, input.body);
  }

  @Handles(removeTask)
  async removeTask(
    @Caller() caller: DevicePrincipal,
    @Input() input: HandlerInput<typeof removeTask>,
  ): Promise<RouteResult<typeof removeTask>> {
    await this.deviceTasks.remove(caller, input.params.taskId);
    return {};
  }

  @Handles(report)
  async report(
    @Caller() caller: DevicePrincipal,
    @Input() input: HandlerInput<typeof report>,
  ): Promise<RouteResult<typeof report>> {
    await this.reports.accept(caller, input.body);
    return {};
  }
}
