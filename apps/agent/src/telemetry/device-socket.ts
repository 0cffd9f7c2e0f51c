import { randomUUID } from 'node:crypto';
import {
  MAX_SOCKET_MESSAGE_BYTES,
  routes,
  type DeviceReport,
  type FromDevice,
  type SpaceId,
  type ToDevice,
} from '@tideline/contracts';
import type { DeviceSession } from '../enrollment/device.ts';
import { Connection } from './connection.ts';
import { reconnectWaitMs } from './reconnect.ts';
import { createReportSender, type ReportBody, type ReportSender } from './report-sender.ts';
import { systemTimers, type Timers } from './timers.ts';

export type DeviceSocketEvent =
  /** Ask for everything that nudges may have told while there was no connection. */
  | { readonly type: 'connected' }
  | { readonly type: 'disconnected'; readonly reason: string }
  | { readonly type: 'nudge'; readonly space: SpaceId; readonly seq: number }
  /** Rights changed in this space: ask for caps again. */
  | { readonly type: 'rights'; readonly space: SpaceId }
  /** There is room in this space again. */
  | { readonly type: 'room'; readonly space: SpaceId }
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
  return new ReconnectingSocket(options);
}

class ReconnectingSocket implements DeviceSocket {
  readonly #options: DeviceSocketOptions;
  readonly #random: () => number;
  readonly #timers: Timers;
  readonly #sender: ReportSender;
  #connection: Connection | undefined;
  #isOpen = false;
  #isStopped = true;
  #attempt = 0;
  #spaces: readonly SpaceId[] = [];
  #cancelReconnect = (): void => undefined;

  constructor(options: DeviceSocketOptions) {
    this.#options = options;
    this.#random = options.random ?? Math.random;
    this.#timers = options.timers ?? systemTimers;
    this.#sender = createReportSender({
      timers: this.#timers,
      bootId: randomUUID(),
      send: (report) => this.#sendReport(report),
    });
  }

  start(): void {
    if (!this.#isStopped) return;
    this.#isStopped = false;
    this.#connect();
  }

  async stop(): Promise<void> {
    this.#isStopped = true;
    this.#cancelReconnect();
    this.#sender.stop();
    await this.#connection?.close();
  }

  watch(spaces: readonly SpaceId[]): void {
    this.#spaces = spaces;
    this.#send({ type: 'watch.v1', spaces: [...spaces] });
  }

  report(report: ReportBody): void {
    this.#sender.hand(report);
  }

  isConnected(): boolean {
    return this.#isOpen;
  }

  #connect(): void {
    this.#connection = Connection.open({
      session: this.#options.session,
      timers: this.#timers,
      onOpen: () => this.#opened(),
      onMessage: (message) => this.#received(message),
      onClosed: (reason) => this.#closed(reason),
    });
  }

  #opened(): void {
    this.#isOpen = true;
    this.#options.onEvent({ type: 'connected' });
    this.#send({ type: 'watch.v1', spaces: [...this.#spaces] });
    this.#sender.resend();
  }

  #received(message: ToDevice): void {
    this.#attempt = 0; // a server that only accepts and drops the line is not yet a reason to hurry
    const event = toEvent(message);
    if (event) this.#options.onEvent(event);
  }

  #closed(reason: string): void {
    const wasOpen = this.#isOpen;
    this.#isOpen = false;
    this.#connection = undefined;
    if (wasOpen) this.#options.onEvent({ type: 'disconnected', reason });
    if (this.#isStopped) return;
    const waitMs = reconnectWaitMs(this.#attempt, this.#random);
    this.#attempt += 1;
    this.#cancelReconnect = this.#timers.after(waitMs, () => this.#connect());
  }

  #send(message: FromDevice): boolean {
    return this.#isOpen && (this.#connection?.send(message) ?? false);
  }

  #sendReport(report: DeviceReport): boolean | Promise<boolean> {
    if (fits(report) && this.#send({ type: 'report.v1', report })) return true;
    return sendByHttp(this.#options.session, report);
  }
}

function toEvent(message: ToDevice): DeviceSocketEvent | undefined {
  switch (message.type) {
    case 'welcome.v1':
      return undefined;
    case 'nudge.v1':
      return { type: 'nudge', space: message.space, seq: message.seq };
    case 'rights.v1':
      return { type: 'rights', space: message.space };
    case 'room.v1':
      return { type: 'room', space: message.space };
    case 'settings.v1':
      return { type: 'settings' };
  }
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
