import { Injectable, Logger } from '@nestjs/common';
import type { DeviceId, EnterpriseId } from '@tideline/contracts';
import { DataSource } from 'typeorm';
import { Clock } from '../platform/clock.ts';
import { tellPage, type Connection } from './connections.ts';
import { LocalSocketHub } from './local-socket-hub.ts';
import { listClosedDevices, listEndedSessions, listResponsible } from './socket-patrol.store.ts';

const PING_MS = 30_000;
/** A suspension that nobody told this console of closes the socket here within this time. */
const CHECK_MS = 5_000;
export const REFUSED = 4403;

/** Asks the database about sockets: drops those that are dead, or whose device or session may no longer be here. */
@Injectable()
export class SocketPatrol {
  private readonly logger = new Logger('socket');
  private readonly silent = new WeakSet<Connection>();
  private readonly timers: NodeJS.Timeout[] = [];

  constructor(
    private readonly dataSource: DataSource,
    private readonly clock: Clock,
    private readonly hub: LocalSocketHub,
  ) {}

  start(): void {
    this.timers.push(setInterval(() => this.pingAll(), PING_MS));
    this.timers.push(setInterval(() => void this.tryCheckAll(), CHECK_MS));
  }

  stop(): void {
    for (const timer of this.timers.splice(0)) clearInterval(timer);
  }

  expectPong(connection: Connection, onPong: () => void): void {
    connection.socket.on('pong', () => {
      this.silent.delete(connection);
      onPong();
    });
  }

  /** Who has not answered the ping before this one is gone. */
  pingAll(): void {
    for (const connection of this.hub.connections.all()) {
      if (this.silent.has(connection)) {
        connection.socket.terminate();
        continue;
      }
      this.silent.add(connection);
      connection.socket.ping();
    }
  }

  async checkDevice(deviceId: DeviceId): Promise<void> {
    const isHere = [...this.hub.connections.all()].some(
      ({ kind, principal }) => kind === 'device' && principal.kind === 'device' && principal.deviceId === deviceId,
    );
    if (isHere) this.closeDevices(await listClosedDevices(this.dataSource, [deviceId]));
  }

  /** PE-3: team admins hear of their own people's devices only. */
  async tellTeamAdmins(enterpriseId: EnterpriseId, deviceId: DeviceId): Promise<void> {
    const pages = [...this.hub.connections.pages(enterpriseId)].filter(
      ({ principal }) => principal.role === 'team_admin',
    );
    if (pages.length === 0) return;
    const admins = new Set(pages.map(({ principal }) => principal.userId));
    const responsible = await listResponsible(this.dataSource, { enterpriseId, deviceId }, [...admins]);
    for (const page of pages)
      if (responsible.has(page.principal.userId)) tellPage(page, { type: 'device.v1', deviceId });
  }

  /** Two statements for all sockets of this process. */
  async checkAll(): Promise<void> {
    const devices: DeviceId[] = [];
    const sessions: string[] = [];
    for (const { principal } of this.hub.connections.all()) {
      if (principal.kind === 'device') devices.push(principal.deviceId);
      else sessions.push(principal.sessionId);
    }
    if (devices.length > 0) this.closeDevices(await listClosedDevices(this.dataSource, devices));
    if (sessions.length > 0) {
      this.closeSessions(await listEndedSessions(this.dataSource, sessions, this.clock.now()));
    }
  }

  private closeDevices(closed: ReadonlySet<string>): void {
    for (const { principal, socket } of this.hub.connections.all()) {
      if (principal.kind === 'device' && closed.has(principal.deviceId)) socket.close(REFUSED, 'DEVICE_REVOKED');
    }
  }

  private closeSessions(ended: ReadonlySet<string>): void {
    for (const { principal, socket } of this.hub.connections.all()) {
      if (principal.kind === 'person' && ended.has(principal.sessionId)) socket.close(REFUSED, 'NOT_SIGNED_IN');
    }
  }

  private async tryCheckAll(): Promise<void> {
    try {
      await this.checkAll();
    } catch (err) {
      this.logger.error({ err }, 'open sockets could not be checked; it is tried again');
    }
  }
}
