import type { DeviceId, EnterpriseId, SpaceId, ToConsole, ToDevice } from '@tideline/contracts';
import type { WebSocket } from 'ws';
import type { DevicePrincipal, PersonPrincipal } from '../platform/principal.ts';

/** What may wait to be sent to one socket; a reader that is slower than this is dropped and comes back. */
const MAX_BUFFERED_BYTES = 1024 * 1024;

export type DeviceConnection = {
  readonly kind: 'device';
  readonly socket: WebSocket;
  readonly principal: DevicePrincipal;
  /** What it wants to hear of; `watched` is what it sees of them. */
  wanted: ReadonlySet<SpaceId>;
  watched: ReadonlySet<SpaceId>;
};
export type PageConnection = {
  readonly kind: 'page';
  readonly socket: WebSocket;
  readonly principal: PersonPrincipal;
  watched: ReadonlySet<SpaceId>;
};
export type Connection = DeviceConnection | PageConnection;

/** Open sockets of this process, by enterprise. */
export class Connections {
  private readonly byEnterprise = new Map<EnterpriseId, Set<Connection>>();
  private readonly bySocket = new Map<WebSocket, Connection>();

  add(connection: Connection): void {
    const { enterpriseId } = connection.principal;
    const ofEnterprise = this.byEnterprise.get(enterpriseId) ?? new Set();
    this.byEnterprise.set(enterpriseId, ofEnterprise.add(connection));
    this.bySocket.set(connection.socket, connection);
  }

  remove(socket: WebSocket): Connection | undefined {
    const connection = this.bySocket.get(socket);
    if (!connection) return undefined;
    this.bySocket.delete(socket);
    const ofEnterprise = this.byEnterprise.get(connection.principal.enterpriseId);
    ofEnterprise?.delete(connection);
    if (ofEnterprise?.size === 0) this.byEnterprise.delete(connection.principal.enterpriseId);
    return connection;
  }

  find(socket: WebSocket): Connection | undefined {
    return this.bySocket.get(socket);
  }

  all(): IterableIterator<Connection> {
    return this.bySocket.values();
  }

  *ofEnterprise(enterpriseId: EnterpriseId): Generator<Connection> {
    yield* this.byEnterprise.get(enterpriseId) ?? [];
  }

  *devices(enterpriseId: EnterpriseId, deviceId?: DeviceId): Generator<DeviceConnection> {
    for (const connection of this.ofEnterprise(enterpriseId)) {
      if (connection.kind !== 'device') continue;
      if (deviceId === undefined || connection.principal.deviceId === deviceId) yield connection;
    }
  }

  *pages(enterpriseId: EnterpriseId): Generator<PageConnection> {
    for (const connection of this.ofEnterprise(enterpriseId)) if (connection.kind === 'page') yield connection;
  }
}

export function tellDevice(connection: DeviceConnection, message: ToDevice): void {
  send(connection.socket, message);
}

export function tellPage(connection: PageConnection, message: ToConsole): void {
  send(connection.socket, message);
}

function send(socket: WebSocket, message: ToDevice | ToConsole): void {
  if (socket.readyState !== socket.OPEN) return;
  if (socket.bufferedAmount > MAX_BUFFERED_BYTES) {
    socket.terminate();
    return;
  }
  socket.send(JSON.stringify(message), () => undefined); // a failed send is a closed socket, which tells so itself
}
