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

/** One socket from its first try to its end; `onClosed` comes exactly once. */
export type Connection = {
  /** False when it is not open. */
  send(message: FromDevice): boolean;
  close(): Promise<void>;
};

export type ConnectionOptions = {
  readonly session: Pick<DeviceSession, 'server' | 'auth'>;
  readonly timers: Timers;
  readonly onOpen: () => void;
  readonly onMessage: (message: ToDevice) => void;
  readonly onClosed: (reason: string) => void;
};

export function openConnection(options: ConnectionOptions): Connection {
  const { session, timers } = options;
  let socket: WebSocket | undefined;
  let life: Life | undefined;
  let isClosed = false;
  const closed = (reason: string): void => {
    if (isClosed) return;
    isClosed = true;
    life?.stop();
    options.onClosed(reason);
  };
  const send = (message: FromDevice): boolean => {
    if (socket?.readyState !== WebSocket.OPEN) return false;
    socket.send(JSON.stringify(message));
    life?.sent();
    return true;
  };
  const attach = (opened: WebSocket, authorization: string): void => {
    socket = opened;
    let reason = 'the line broke';
    opened.on('open', () => {
      life = startLife(opened, timers, () => send({ type: 'heartbeat.v1' }));
      options.onOpen();
    });
    opened.on('message', (raw) => {
      const message = parseMessage(raw);
      life?.received(message?.type === 'welcome.v1' ? message.heartbeatSeconds : undefined);
      if (message) options.onMessage(message);
    });
    opened.on('pong', () => life?.received(undefined));
    opened.on('unexpected-response', (_, response) => {
      if (response.statusCode === 401) session.auth.onUnauthorized({ authorization });
      reason = `the server answered ${response.statusCode}`;
      response.destroy();
      opened.terminate();
    });
    opened.on('error', (error) => (reason = error.message));
    opened.on('close', () => closed(reason));
  };
  const open = async (): Promise<void> => {
    const authorization = `Bearer ${await session.auth.token()}`;
    if (!isClosed) attach(openSocket(session.server, authorization), authorization);
  };
  open().catch((error: unknown) => closed(error instanceof Error ? error.message : String(error)));

  return {
    send,
    close: async () => {
      const ending = socket;
      if (ending && ending.readyState !== WebSocket.CLOSED) {
        await new Promise<void>((resolve) => {
          ending.once('close', () => resolve());
          ending.terminate();
        });
      }
      closed('stopped');
    },
  };
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

type Life = { sent(): void; received(heartbeatSeconds: number | undefined): void; stop(): void };

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
