import { Injectable } from '@nestjs/common';
import {
  AppError,
  Text,
  type Device,
  type DeviceDetail,
  type DeviceId,
  type DeviceList,
  type Overview,
  type RouteInput,
  type routes,
} from '@tideline/contracts';
import { DataSource } from 'typeorm';
import { z } from 'zod';
import { FeatureService } from '../enterprise/feature.service.ts';
import { DeviceGate } from '../identity/device-gate.ts';
import { Clock } from '../platform/clock.ts';
import { encodePage, parsePage } from '../platform/page.ts';
import type { PersonPrincipal } from '../platform/principal.ts';
import { SocketHub } from '../platform/socket-hub.ts';
import { listDevices, updateLifecycle, type FleetScope, type PageKey } from './device.store.ts';
import { listFleetTasks } from './fleet-task.store.ts';
import { HealthService } from './health.service.ts';
import { countDevices, countTasks, listNeedsAction } from './overview.store.ts';

type ListQuery = RouteInput<typeof routes.fleet.devices>['query'];

/** What the console shows of the fleet. Team admins see their own people's devices (PE-3). */
@Injectable()
export class FleetService {
  constructor(
    private readonly dataSource: DataSource,
    private readonly clock: Clock,
    private readonly features: FeatureService,
    private readonly gate: DeviceGate,
    private readonly health: HealthService,
    private readonly sockets: SocketHub,
  ) {}

  async getOverview(caller: PersonPrincipal): Promise<Overview> {
    const scope = toScope(caller);
    const [devices, tasks, feature, needsAction] = await Promise.all([
      countDevices(this.dataSource, scope),
      countTasks(this.dataSource, scope),
      this.features.getState(caller.enterpriseId),
      listNeedsAction(this.dataSource, scope),
    ]);
    return { asOf: this.clock.now().toISOString(), devices, tasks, feature, needsAction };
  }

  async listDevices(caller: PersonPrincipal, query: ListQuery): Promise<z.input<typeof DeviceList>> {
    const now = this.clock.now();
    const after = query.after === undefined ? undefined : toPageKey(parsePage(query.after, PageKeyText));
    const page = await listDevices(this.dataSource, toScope(caller), { ...query, after }, now);
    const next = page.last ? encodePage([page.last.key, page.last.id]) : null;
    return { devices: page.devices, total: page.total, next, asOf: now.toISOString() };
  }

  async getDevice(caller: PersonPrincipal, deviceId: DeviceId): Promise<DeviceDetail> {
    const device = await this.getOne(caller, deviceId);
    const tasks = await listFleetTasks(this.dataSource, caller.enterpriseId, device);
    return { device, tasks, asOf: this.clock.now().toISOString() };
  }

  /** A suspended device is refused at its next call, and its socket is closed within seconds. */
  async setLifecycle(
    caller: PersonPrincipal,
    deviceId: DeviceId,
    lifecycle: 'active' | 'suspended',
  ): Promise<DeviceDetail> {
    const { enterpriseId } = caller;
    const isKnown = await updateLifecycle(this.dataSource, { enterpriseId, deviceId }, lifecycle);
    if (!isKnown) throw new AppError('NOT_FOUND', { what: 'The device' });
    this.gate.forget(deviceId);
    await this.health.refresh(enterpriseId, [deviceId]);
    this.sockets.deviceChanged(enterpriseId, deviceId);
    return this.getDevice(caller, deviceId);
  }

  private async getOne(caller: PersonPrincipal, deviceId: DeviceId): Promise<Device> {
    const query = { deviceId, sort: 'name', direction: 'asc', limit: 1 } as const;
    const { devices } = await listDevices(this.dataSource, toScope(caller), query, this.clock.now());
    if (!devices[0]) throw new AppError('NOT_FOUND', { what: 'The device' });
    return devices[0];
  }
}

function toScope(caller: PersonPrincipal): FleetScope {
  return { enterpriseId: caller.enterpriseId, responsible: caller.role === 'team_admin' ? caller.userId : null };
}

const PageKeyText = z.tuple([Text.max(600), z.uuid()]);

function toPageKey([key, id]: z.output<typeof PageKeyText>): PageKey {
  return { key, id };
}
