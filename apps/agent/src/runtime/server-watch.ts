import type { DeviceSettings, SpaceId } from '@tideline/contracts';
import type { DeviceSocket, DeviceSocketEvent } from '../telemetry/device-socket.ts';
import { assertNever } from './assert-never.ts';
import { classifyFailure } from './classify-failure.ts';
import type { Timers } from './task-engine.ts';

export type ServerWatchOptions = {
  readonly socket: Pick<DeviceSocket, 'start' | 'stop'>;
  readonly timers: Timers;
  readonly askSettings: () => Promise<DeviceSettings>;
  readonly onSettings: (settings: DeviceSettings) => void;
  /** False: the device is not accepted as it is (revoked, waiting for approval, its key locked). */
  readonly onAccepted: (accepted: boolean, why: string | null) => void;
  readonly onNudge: (space: SpaceId) => void;
  readonly onRoom: (space: SpaceId) => void;
  readonly onRights: (space: SpaceId) => void;
  readonly onReconnected: () => void;
  readonly onChange: () => void;
  readonly log: (event: string, details: Readonly<Record<string, unknown>>) => void;
};

const ASK_AGAIN_MS = 45_000;
const RETRY_MS = 10_000;

/**
 * Knows whether the server can be reached, accepts this device, and what it allows (EN-3, EN-4). Asked at start, when told to,
 * after every reconnection, and every minute in any case: a lost nudge costs latency only.
 */
export class ServerWatch {
  private readonly options: ServerWatchOptions;
  private socketUp = false;
  private answered = false;
  private asking: Promise<void> | null = null;
  private askAgain = false;
  private stopped = false;
  private cancelTimer: () => void = () => undefined;

  constructor(options: ServerWatchOptions) {
    this.options = options;
  }

  get connection(): 'online' | 'offline' {
    return this.socketUp || this.answered ? 'online' : 'offline';
  }

  start(): void {
    this.options.socket.start();
    void this.refresh();
  }

  async stop(): Promise<void> {
    this.stopped = true;
    this.cancelTimer();
    await this.options.socket.stop();
    await this.asking;
  }

  /** Asks for the settings; calls during a question lead to one more question after it. Never rejects. */
  refresh(): Promise<void> {
    if (this.stopped) return Promise.resolve();
    this.askAgain = true;
    this.asking ??= this.ask().finally(() => {
      this.asking = null;
      this.options.onChange();
    });
    return this.asking;
  }

  private async ask(): Promise<void> {
    while (this.askAgain && !this.stopped) {
      this.askAgain = false;
      await this.askOnce();
    }
    if (this.stopped) return;
    this.cancelTimer();
    const { timers } = this.options;
    const delayMs = (this.answered ? ASK_AGAIN_MS : RETRY_MS) * (0.75 + 0.5 * timers.random());
    this.cancelTimer = timers.after(delayMs, () => void this.refresh());
  }

  private async askOnce(): Promise<void> {
    const { askSettings, onSettings, onAccepted, onReconnected, log } = this.options;
    const wasAway = this.connection === 'offline';
    try {
      const settings = await askSettings();
      this.answered = true;
      onAccepted(true, null);
      onSettings(settings);
      if (wasAway) onReconnected();
    } catch (error) {
      const failure = classifyFailure(error);
      log('settings_failed', { failure, error });
      this.answered = failure.t !== 'offline' && failure.t !== 'unexpected';
      if (failure.t === 'doubt' && failure.doubt === 'credentials') {
        onAccepted(false, error instanceof Error ? error.message : String(error));
      }
    }
  }

  /** What the socket tells; see `DeviceSocketEvent`. */
  handle(event: DeviceSocketEvent): void {
    switch (event.type) {
      case 'connected':
        return this.connected(true);
      case 'disconnected':
        return this.connected(false);
      case 'nudge':
        return this.options.onNudge(event.space);
      case 'rights':
        return this.options.onRights(event.space);
      case 'room':
        return this.options.onRoom(event.space);
      case 'settings':
        return void this.refresh();
      default:
        return assertNever(event);
    }
  }

  private connected(connected: boolean): void {
    if (this.socketUp === connected) return;
    this.socketUp = connected;
    this.options.log(connected ? 'socket_up' : 'socket_down', {});
    if (connected) this.options.onReconnected();
    void this.refresh();
  }
}
