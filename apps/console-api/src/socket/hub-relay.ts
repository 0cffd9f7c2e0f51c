import { randomUUID } from 'node:crypto';
import { setTimeout as wait } from 'node:timers/promises';
import { Injectable, Logger, type BeforeApplicationShutdown, type OnApplicationBootstrap } from '@nestjs/common';
import pg from 'pg';
import { DataSource } from 'typeorm';
import { z } from 'zod';
import { HubCall, keyOf, newerOf, tellHub } from './hub-call.ts';
import { LocalSocketHub } from './local-socket-hub.ts';

export const RELAY_CHANNEL = 'tideline_hub';
/** Between two statements that tell the others: what comes meanwhile goes together, the same once. */
const GAP_MS = 10;
/** Beyond it the others are told nothing more until a statement went out. */
const MAX_PENDING = 10_000;
const RETRY_MS = 1_000;

const Envelope = z.object({ from: z.uuid(), told: HubCall });

/**
 * Consoles on one database tell each other what their sockets should hear, through a channel of it. Nothing is kept for a console
 * that does not listen just then: as any nudge that gets lost, that costs its agents no more than the time until they ask.
 */
@Injectable()
export class HubRelay implements OnApplicationBootstrap, BeforeApplicationShutdown {
  private readonly logger = new Logger('socket');
  private readonly self = randomUUID();
  private readonly pending = new Map<string, HubCall>();
  private readonly stopping = new AbortController();
  private sending: Promise<void> | undefined;
  private client: pg.Client | undefined;

  constructor(
    private readonly dataSource: DataSource,
    private readonly local: LocalSocketHub,
  ) {}

  async onApplicationBootstrap(): Promise<void> {
    await this.listen();
  }

  async beforeApplicationShutdown(): Promise<void> {
    this.stopping.abort();
    await this.sending;
    await this.client?.end().catch(() => undefined); // it may have ended by itself
  }

  publish(told: HubCall): void {
    const key = keyOf(told);
    if (this.stopping.signal.aborted || (this.pending.size >= MAX_PENDING && !this.pending.has(key))) return;
    this.pending.set(key, newerOf(this.pending.get(key), told));
    this.sending ??= this.send().finally(() => (this.sending = undefined));
  }

  private async send(): Promise<void> {
    while (this.pending.size > 0) {
      const messages = [...this.pending.values()].map((told) => JSON.stringify({ from: this.self, told }));
      this.pending.clear();
      await this.dataSource
        .query('SELECT pg_notify($1, message) FROM unnest($2::text[]) AS t(message)', [RELAY_CHANNEL, messages])
        .catch((err: unknown) =>
          this.logger.warn({ err }, 'the other consoles could not be told; their agents ask later'),
        );
      await wait(GAP_MS, undefined, { signal: this.stopping.signal }).catch(() => undefined);
    }
  }

  /** On a connection of its own, which is made anew when it ends. */
  private async listen(): Promise<void> {
    if (this.stopping.signal.aborted) return;
    const client = new pg.Client({ connectionString: urlOf(this.dataSource), keepAlive: true });
    const ended = new Promise<void>((resolve) => void client.once('end', resolve));
    client.on('error', (err) => this.logger.warn({ err }, 'the other consoles are not heard; it is tried again'));
    client.on('notification', ({ payload }) => this.take(payload));
    this.client = client;
    try {
      await client.connect();
      await client.query(`LISTEN ${RELAY_CHANNEL}`);
    } catch (err) {
      this.logger.warn({ err }, 'the other consoles are not heard; it is tried again');
      await client.end().catch(() => undefined);
    }
    void ended.then(() => this.listenLater());
  }

  private async listenLater(): Promise<void> {
    await wait(RETRY_MS, undefined, { signal: this.stopping.signal, ref: false }).catch(() => undefined);
    await this.listen();
  }

  private take(payload: string | undefined): void {
    const read = Envelope.safeParse(parseJson(payload ?? ''));
    if (!read.success) return; // of a newer console: its agents ask later
    if (read.data.from !== this.self) tellHub(this.local, read.data.told);
  }
}

function urlOf({ options }: DataSource): string {
  if (options.type !== 'postgres' || options.url === undefined) throw new Error('the database has no address');
  return options.url;
}

function parseJson(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return undefined; // whoever wrote that is none of ours
  }
}
