import { Injectable, Logger, type BeforeApplicationShutdown, type OnModuleInit } from '@nestjs/common';
import type { EnterpriseId, SpaceId } from '@tideline/contracts';
import { DataSource } from 'typeorm';
import { SocketHub } from '../platform/socket-hub.ts';
import { listSeqs } from './feed.store.ts';

/** Each holds a request open, nothing else; more than these are answered at once, as if nothing had happened. */
const MAX_WAITERS = 5000;
/** For what nobody told this process: a nudge that got lost. */
const LOOK_MS = 2000;

type Space = { readonly enterpriseId: EnterpriseId; readonly spaceId: SpaceId };
type Waiter = { readonly space: Space; readonly seq: number; readonly end: (isWoken: boolean) => void };
type Wait = Space & { readonly seq: number; readonly timeoutMs: number; readonly signal?: AbortSignal | undefined };

/** Requests of the feed that wait for something to happen in a space. */
@Injectable()
export class SpaceWaiters implements OnModuleInit, BeforeApplicationShutdown {
  private readonly logger = new Logger('feed');
  private readonly waiters = new Set<Waiter>();
  private readonly newest = new Map<SpaceId, number>();
  private timer: NodeJS.Timeout | undefined;
  private isStopping = false;

  constructor(
    private readonly dataSource: DataSource,
    private readonly sockets: SocketHub,
  ) {}

  onModuleInit(): void {
    this.sockets.watchSpaces((spaceId, seq) => this.wake(spaceId, seq));
  }

  beforeApplicationShutdown(): void {
    this.isStopping = true;
    clearTimeout(this.timer);
    for (const waiter of [...this.waiters]) waiter.end(false);
  }

  /**
   * True as soon as the space is beyond `seq`, or its rights changed; false when the time is over, the caller has gone or the
   * server stops. What happened just before the call counts: a nudge that came earlier is remembered while anybody waits.
   */
  wait({ enterpriseId, spaceId, seq, timeoutMs, signal }: Wait): Promise<boolean> {
    if (this.isStopping || signal?.aborted || this.waiters.size >= MAX_WAITERS) return Promise.resolve(false);
    if ((this.newest.get(spaceId) ?? 0) > seq) {
      this.newest.delete(spaceId); // said once: a database that was restored meanwhile may never get there again
      return Promise.resolve(true);
    }
    return new Promise((resolve) => {
      const abort = () => waiter.end(false);
      const timer = setTimeout(abort, timeoutMs);
      const end = (isWoken: boolean) => {
        clearTimeout(timer);
        signal?.removeEventListener('abort', abort);
        this.remove(waiter);
        resolve(isWoken);
      };
      const waiter: Waiter = { space: { enterpriseId, spaceId }, seq, end };
      signal?.addEventListener('abort', abort, { once: true });
      this.waiters.add(waiter);
      this.timer ??= this.lookLater();
    });
  }

  get count(): number {
    return this.waiters.size;
  }

  private wake(spaceId: SpaceId, seq: number | undefined): void {
    const ofSpace = [...this.waiters].filter((waiter) => waiter.space.spaceId === spaceId);
    if (seq !== undefined) this.newest.set(spaceId, Math.max(seq, this.newest.get(spaceId) ?? 0));
    for (const waiter of ofSpace) if (seq === undefined || seq > waiter.seq) waiter.end(true);
    if (this.newest.size > MAX_WAITERS) this.newest.clear(); // only saves a look; the next one finds what it forgot
  }

  private remove(waiter: Waiter): void {
    this.waiters.delete(waiter);
    if (this.waiters.size > 0) return;
    clearTimeout(this.timer);
    this.timer = undefined;
  }

  private lookLater(): NodeJS.Timeout {
    return setTimeout(() => {
      void this.look()
        .catch((err: unknown) => this.logger.warn({ err }, 'spaces could not be looked at; it is tried again'))
        .finally(() => {
          this.timer = this.waiters.size > 0 && !this.isStopping ? this.lookLater() : undefined;
        });
    }, LOOK_MS).unref();
  }

  private async look(): Promise<void> {
    const spaces = new Map([...this.waiters].map((waiter) => [waiter.space.spaceId, waiter.space]));
    for (const { spaceId, seq } of await listSeqs(this.dataSource.manager, [...spaces.values()]))
      this.wake(spaceId, seq);
  }
}
