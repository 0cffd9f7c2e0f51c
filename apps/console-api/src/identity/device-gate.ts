import { Injectable } from '@nestjs/common';
import { AppError, type DeviceId } from '@tideline/contracts';
import { DataSource } from 'typeorm';
import { Clock } from '../platform/clock.ts';
import { findDeviceLogin, type DeviceLogin } from './device.store.ts';

/** How long a suspension on another console may go unnoticed here. */
const CACHE_MS = 3_000;
const MAX_CACHED = 50_000;

type Cached = { readonly device: DeviceLogin; readonly until: number };

/** Whether a device may still come in: asked on every call and every few seconds for open sockets. */
@Injectable()
export class DeviceGate {
  private readonly cache = new Map<DeviceId, Cached>();

  constructor(
    private readonly dataSource: DataSource,
    private readonly clock: Clock,
  ) {}

  async getOpen(deviceId: DeviceId): Promise<DeviceLogin> {
    const now = this.clock.now().getTime();
    const cached = this.cache.get(deviceId);
    if (cached && cached.until > now) return this.requireOpen(cached.device);
    const device = await findDeviceLogin(this.dataSource, deviceId);
    if (!device) throw new AppError('DEVICE_REVOKED');
    this.remember(device, now);
    return this.requireOpen(device);
  }

  requireOpen(device: DeviceLogin): DeviceLogin {
    if (device.lifecycle === 'pending_approval') throw new AppError('DEVICE_NOT_APPROVED');
    if (device.lifecycle !== 'active' || device.userDisabled) throw new AppError('DEVICE_REVOKED');
    return device;
  }

  forget(deviceId: DeviceId): void {
    this.cache.delete(deviceId);
  }

  private remember(device: DeviceLogin, now: number): void {
    if (this.cache.size >= MAX_CACHED) this.cache.clear();
    this.cache.set(device.id, { device, until: now + CACHE_MS });
  }
}
