import type { IncomingMessage } from 'node:http';
import { Logger, type OnModuleDestroy } from '@nestjs/common';
import {
  ConnectedSocket,
  MessageBody,
  SubscribeMessage,
  WebSocketGateway,
  type OnGatewayConnection,
  type OnGatewayDisconnect,
  type OnGatewayInit,
} from '@nestjs/websockets';
import { SOCKET_PATH, type FromDevice, type SpaceId } from '@tideline/contracts';
import type { WebSocket } from 'ws';
import { HEARTBEAT_SECONDS } from '../fleet/connection.ts';
import { LastSeen } from '../fleet/last-seen.ts';
import { ReportService } from '../fleet/report.service.ts';
import { memberOf } from '../platform/principal.ts';
import { callerOf } from '../platform/request-principal.ts';
import { SocketHub } from '../platform/socket-hub.ts';
import { SpaceSight } from '../platform/space-sight.ts';
import { tellDevice, tellPage, type Connection, type DeviceConnection } from './connections.ts';
import { LatestOnly } from './latest-only.ts';
import { LocalSocketHub } from './local-socket-hub.ts';
import { SocketPatrol } from './socket-patrol.ts';

type Message<T extends FromDevice['type']> = Extract<FromDevice, { type: T }>;
const GOING_AWAY = 1001;

/** The one socket of devices and console pages; data never travels here, only what is worth asking for. */
@WebSocketGateway({ path: SOCKET_PATH })
export class SocketGateway
  implements OnGatewayInit, OnGatewayConnection<WebSocket>, OnGatewayDisconnect, OnModuleDestroy
{
  private readonly logger = new Logger('socket');
  private readonly reporting = new WeakMap<WebSocket, LatestOnly>();

  constructor(
    private readonly hub: LocalSocketHub,
    private readonly everywhere: SocketHub,
    private readonly patrol: SocketPatrol,
    private readonly spaces: SpaceSight,
    private readonly reports: ReportService,
    private readonly lastSeen: LastSeen,
  ) {}

  afterInit(): void {
    this.hub.listen({
      onDeviceChanged: (enterpriseId, deviceId) => {
        this.attempt(this.patrol.checkDevice(deviceId));
        this.attempt(this.patrol.tellTeamAdmins(enterpriseId, deviceId));
      },
      onRightsChanged: (enterpriseId, spaceId) => {
        for (const connection of this.hub.connections.ofEnterprise(enterpriseId)) {
          if (connection.kind === 'page') this.attempt(this.watch(connection));
          else if (connection.wanted.has(spaceId)) this.attempt(this.watchAgain(connection, spaceId));
        }
      },
    });
    this.patrol.start();
  }

  handleConnection(socket: WebSocket, request: IncomingMessage): void {
    const principal = memberOf(callerOf(request));
    if (principal.kind === 'device')
      this.welcomeDevice({ kind: 'device', socket, principal, wanted: new Set(), watched: new Set() });
    else this.welcomePage({ kind: 'page', socket, principal, watched: new Set() });
  }

  handleDisconnect(socket: WebSocket): void {
    this.hub.connections.remove(socket);
  }

  /** Planned restarts tell so; agents and pages come back spread over time. */
  onModuleDestroy(): void {
    this.patrol.stop();
    for (const { socket } of this.hub.connections.all()) socket.close(GOING_AWAY);
  }

  @SubscribeMessage('watch.v1')
  async onWatch(@ConnectedSocket() socket: WebSocket, @MessageBody() message: Message<'watch.v1'>): Promise<void> {
    const connection = this.heard(socket);
    if (!connection) return;
    connection.wanted = new Set(message.spaces);
    await this.watch(connection);
  }

  @SubscribeMessage('report.v1')
  onReport(@ConnectedSocket() socket: WebSocket, @MessageBody() message: Message<'report.v1'>): void {
    const connection = this.heard(socket);
    if (!connection) return;
    const reporting = this.reporting.get(socket) ?? new LatestOnly();
    this.reporting.set(socket, reporting);
    this.attempt(reporting.run(() => this.reports.accept(connection.principal, message.report)));
  }

  @SubscribeMessage('heartbeat.v1')
  onHeartbeat(@ConnectedSocket() socket: WebSocket): void {
    this.heard(socket);
  }

  private welcomeDevice(connection: DeviceConnection): void {
    const { enterpriseId, deviceId } = connection.principal;
    this.hub.connections.add(connection);
    this.patrol.expectPong(connection, () => this.lastSeen.note(enterpriseId, deviceId));
    this.attempt(
      this.lastSeen.noteNow(enterpriseId, deviceId).then(() => this.everywhere.deviceChanged(enterpriseId, deviceId)),
    );
    tellDevice(connection, { type: 'welcome.v1', heartbeatSeconds: HEARTBEAT_SECONDS });
  }

  private welcomePage(connection: Extract<Connection, { kind: 'page' }>): void {
    this.hub.connections.add(connection);
    this.patrol.expectPong(connection, () => undefined);
    this.attempt(this.watch(connection));
    tellPage(connection, { type: 'welcome.v1' });
  }

  /** Any message of a device counts as a heartbeat; pages have nothing to say. */
  private heard(socket: WebSocket): DeviceConnection | undefined {
    const connection = this.hub.connections.find(socket);
    if (connection?.kind !== 'device') return undefined;
    this.lastSeen.note(connection.principal.enterpriseId, connection.principal.deviceId);
    return connection;
  }

  /** Only what the caller sees is watched: a device names its spaces, a page watches all it sees. */
  private async watch(connection: Connection): Promise<void> {
    const visible = new Set(await this.spaces.listWatchable(connection.principal));
    connection.watched = connection.kind === 'page' ? visible : connection.wanted.intersection(visible);
  }

  /** PE-2: who did not see a space that it wants, and sees it now, is told of its rights. */
  private async watchAgain(connection: DeviceConnection, space: SpaceId): Promise<void> {
    const wasTold = connection.watched.has(space);
    await this.watch(connection);
    if (!wasTold && connection.watched.has(space)) tellDevice(connection, { type: 'rights.v1', space });
  }

  private attempt(work: Promise<void>): void {
    work.catch((err: unknown) =>
      this.logger.error({ err }, 'a socket could not be served; its next message tries again'),
    );
  }
}
