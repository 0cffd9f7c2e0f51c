import {
  MAX_SOCKET_MESSAGE_BYTES,
  PROTOCOL_HEADER,
  PROTOCOL_VERSION,
  SOCKET_PATH,
  ToDevice,
  type FromDevice,
} from '@tideline/contracts';
import { WebSocket, type RawData } from 'ws';
import type { DeviceSession } from '../enrollment/device.ts';
import type { Timers } from './timers.ts';

const HANDSHAKE_TIMEOUT_MS = 15_000;
/** Keeps proxies from dropping an idle line, and finds out that it is dead: no sign of life between two pings ends it. */
const PING_MS = 30_000;
const DEFAULT_HEARTBEAT_SECONDS = 60;

export type ConnectionOptions = {
  readonly session: Pick<DeviceSession, 'server' | 'auth'>;
  readonly timers: Timers;
  readonly onOpen: () => void;
  readonly onMessage: (message: ToDevice) => void;
  /** Exactly once, whether it was open or not. */
  readonly onClosed: (reason: string) => void;
};

/** One socket from its first try to its end. */
export class Connection {
  readonly #options: ConnectionOptions;
  #socket: WebSocket | undefined;
  #life: Life | undefined;
  #reason = 'the line broke';
  #isClosed = false;

  private constructor(options: ConnectionOptions) {
    this.#options = options;
  }

  static open(options: ConnectionOptions): Connection {
    const connection = new Connection(options);
    connection.#connect().catch((error: unknown) => {
      connection.#closed(error instanceof Error ? error.message : String(error));
    });
    return connection;
  }

  /** False when it is not open. */
  send(message: FromDevice): boolean {
    if (this.#socket?.readyState !== WebSocket.OPEN) return false;
    this.#socket.send(JSON.stringify(message));
    this.#life?.sent();
    return true;
  }

  async close(): Promise<void> {
    const socket = this.#socket;
    if (socket && socket.readyState !== WebSocket.CLOSED) {
      await new Promise<void>((resolve) => {
        socket.once('close', () => resolve());
        socket.terminate();
      });
    }
    this.#closed('stopped');
  }

  async #connect(): Promise<void> {
    const { server, auth } = this.#options.session;
    const authorization = `Bearer ${await auth.token()}`;
    if (this.#isClosed) return;
    const socket = openSocket(server, authorization);
    this.#socket = socket;
    socket.on('open', () => this.#opened(socket));
    socket.on('message', (raw) => this.#received(raw));
    socket.on('pong', () => this.#life?.received(undefined));
    socket.on('unexpected-response', (_, response) => {
      if (response.statusCode === 401) auth.onUnauthorized({ authorization });
      this.#reason = `the server answered ${response.statusCode}`;
      response.destroy();
      socket.terminate();
    });
    socket.on('error', (error) => (this.#reason = error.message));
    socket.on('close', () => this.#closed(this.#reason));
  }

  #opened(socket: WebSocket): void {
    this.#life = startLife(socket, this.#options.timers, () => this.send({ type: 'heartbeat.v1' }));
    this.#options.onOpen();
  }

  #received(raw: RawData): void {
    const message = parseMessage(raw);
    this.#life?.received(message?.type === 'welcome.v1' ? message.heartbeatSeconds : undefined);
    if (message) this.#options.onMessage(message);
  }

  #closed(reason: string): void {
    if (this.#isClosed) return;
    this.#isClosed = true;
    this.#life?.stop();
    this.#options.onClosed(reason);
  }
}

function openSocket(server: string, authorization: string): WebSocket {
  return new WebSocket(`${server.replace(/^http/, 'ws')}${SOCKET_PATH}`, {
    headers: { authorization, [PROTOCOL_HEADER]: String(PROTOCOL_VERSION) },
    handshakeTimeout: HANDSHAKE_TIMEOUT_MS,
    maxPayload: MAX_SOCKET_MESSAGE_BYTES,
    perMessageDeflate: false,
  });
}

/** Undefined for what this version does not know: newer servers may say more. */
function parseMessage(raw: RawData): ToDevice | undefined {
  try {
    const bytes = Array.isArray(raw) ? Buffer.concat(raw) : Buffer.from(raw as Buffer);
    return ToDevice.safeParse(JSON.parse(bytes.toString('utf8'))).data;
  } catch {
    return undefined; // not JSON: as good as nothing
  }
}

type Life = {
  readonly sent: () => void;
  readonly received: (heartbeatSeconds: number | undefined) => void;
  readonly stop: () => void;
};

/** Heartbeats when nothing else was sent, pings to find a dead line. */
function startLife(socket: WebSocket, timers: Timers, heartbeat: () => void): Life {
  let heartbeatMs = DEFAULT_HEARTBEAT_SECONDS * 1000;
  let isAlive = true;
  let cancelHeartbeat = (): void => undefined;
  let cancelPing = (): void => undefined;

  const planHeartbeat = (): void => {
    cancelHeartbeat();
    cancelHeartbeat = timers.after(heartbeatMs, heartbeat);
  };
  const planPing = (): void => {
    cancelPing = timers.after(PING_MS, () => {
      if (!isAlive) return socket.terminate();
      isAlive = false;
      socket.ping();
      planPing();
    });
  };
  planHeartbeat();
  planPing();
  return {
    sent: planHeartbeat,
    received: (heartbeatSeconds) => {
      isAlive = true;
      if (heartbeatSeconds === undefined) return;
      heartbeatMs = Math.max(1, heartbeatSeconds) * 1000;
      planHeartbeat();
    },
    stop: () => {
      cancelHeartbeat();
      cancelPing();
    },
  };
}
