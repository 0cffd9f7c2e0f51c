import { randomUUID } from 'node:crypto';
import {
  MAX_SOCKET_MESSAGE_BYTES,
  routes,
  type DeviceReport,
  type FromDevice,
  type SpaceId,
} from '@tideline/contracts';
import type { DeviceSession } from '../enrollment/device.ts';
import { openConnection, type Connection } from './connection.ts';
import { reconnectWaitMs } from './reconnect.ts';
import { createReportSender, type ReportBody } from './report-sender.ts';
import { systemTimers, type Timers } from './timers.ts';

export type DeviceSocketEvent =
  /** Ask for everything that nudges may have told while there was no connection. */
  | { readonly type: 'connected' }
  | { readonly type: 'disconnected'; readonly reason: string }
  | { readonly type: 'nudge'; readonly space: SpaceId; readonly seq: number }
  /** Rights changed in this space: ask for caps again. */
  | { readonly type: 'rights'; readonly space: SpaceId }
  /** Ask for settings again. */
  | { readonly type: 'settings' };

/** The line to the console: nudges come in, the device's report goes out. What it carries may be lost; nothing depends on it alone. */
export type DeviceSocket = {
  /** Connects, and again whenever the line breaks, until `stop`. */
  start(): void;
  stop(): Promise<void>;
  /** The spaces to be nudged about; replaces the list before, told again after every reconnect. */
  watch(spaces: readonly SpaceId[]): void;
  /** The newest report replaces the one that waits. Over HTTP while the line is down. */
  report(report: ReportBody): void;
  isConnected(): boolean;
};

export type DeviceSocketOptions = {
  readonly session: Pick<DeviceSession, 'server' | 'auth' | 'client'>;
  readonly onEvent: (event: DeviceSocketEvent) => void;
  readonly random?: () => number;
  readonly timers?: Timers;
};

export function createDeviceSocket(options: DeviceSocketOptions): DeviceSocket {
  const { session, onEvent, random = Math.random, timers = systemTimers } = options;
  let connection: Connection | undefined;
  let isOpen = false;
  let isStopped = true;
  let attempt = 0;
  let spaces: readonly SpaceId[] = [];
  let cancelReconnect = (): void => undefined;

  const send = (message: FromDevice): boolean => isOpen && (connection?.send(message) ?? false);
  const sender = createReportSender({
    timers,
    bootId: randomUUID(),
    send: (report) => (fits(report) && send({ type: 'report.v1', report })) || sendByHttp(session, report),
  });

  const connect = (): void => {
    connection = openConnection({
      session,
      timers,
      onOpen: () => {
        isOpen = true;
        onEvent({ type: 'connected' });
        send({ type: 'watch.v1', spaces: [...spaces] });
        sender.resend();
      },
      onMessage: (message) => {
        attempt = 0; // a server that only accepts and drops the line is not yet a reason to hurry
        if (message.type === 'nudge.v1') onEvent({ type: 'nudge', space: message.space, seq: message.seq });
        if (message.type === 'rights.v1') onEvent({ type: 'rights', space: message.space });
        if (message.type === 'settings.v1') onEvent({ type: 'settings' });
      },
      onClosed: (reason) => {
        const wasOpen = isOpen;
        isOpen = false;
        connection = undefined;
        if (wasOpen) onEvent({ type: 'disconnected', reason });
        if (!isStopped) cancelReconnect = timers.after(reconnectWaitMs(attempt++, random), connect);
      },
    });
  };

  return {
    start: () => {
      if (!isStopped) return;
      isStopped = false;
      connect();
    },
    stop: async () => {
      isStopped = true;
      cancelReconnect();
      sender.stop();
      await connection?.close();
    },
    watch: (next) => {
      spaces = next;
      send({ type: 'watch.v1', spaces: [...spaces] });
    },
    report: sender.hand,
    isConnected: () => isOpen,
  };
}

function fits(report: DeviceReport): boolean {
  return Buffer.byteLength(JSON.stringify(report)) < MAX_SOCKET_MESSAGE_BYTES - 100;
}

/** True when the server has it. A server that is away gets the next one. */
async function sendByHttp({ client }: Pick<DeviceSession, 'client'>, report: DeviceReport): Promise<boolean> {
  try {
    await client.call(routes.devices.report, { body: report }, { timeoutMs: 20_000 });
    return true;
  } catch {
    return false; // the cycle that needs the server says what is wrong; a report only waits
  }
}
