import { join } from 'node:path';
import { Throttle } from '@tideline/contracts';
import { readJsonFile, writeJsonFile } from '../config/json-file.ts';
import type { Log } from '../logging/log.ts';
import { ratesAt, strictestOf, type LocalClock, type LocalTime, type RatesInForce } from './rates-at.ts';

type Parts = {
  readonly home: string;
  readonly nowMs: () => number;
  readonly localTime: LocalClock;
  readonly log: Log;
};

const Stored = Throttle.extend({ policy: Throttle.prefault({}) });

/**
 * The limits of this device over all its tasks, and when they hold: those of its person and those of the enterprise, of which the
 * stricter one counts. What the enterprise said last holds without a server, too.
 */
export class DeviceThrottle {
  readonly #parts: Parts;
  readonly #path: string;
  #settings: Throttle;
  #policy: Throttle;

  constructor(parts: Parts) {
    this.#parts = parts;
    this.#path = join(parts.home, 'throttle.json');
    const read = readJsonFile(this.#path, Stored);
    if (read.t === 'damaged') parts.log('throttle_damaged', { ...read });
    const { policy, ...settings } = read.t === 'read' ? read.value : Stored.parse({});
    this.#settings = settings;
    this.#policy = policy;
  }

  get settings(): Throttle {
    return this.#settings;
  }

  get policy(): Throttle {
    return this.#policy;
  }

  /** Durable when it returns; what is under way goes on at the new rate. */
  change(change: Partial<Throttle>): void {
    this.#keep({ ...this.#settings, ...change }, this.#policy);
  }

  setPolicy(policy: Throttle): void {
    if (JSON.stringify(policy) !== JSON.stringify(this.#policy)) this.#keep(this.#settings, policy);
  }

  inForce(): RatesInForce {
    return strictestOf(this.of(this.#settings), this.of(this.#policy));
  }

  /** What these settings, such as those of a task, say for now. */
  of(throttle: Throttle): RatesInForce {
    const { nowMs, localTime } = this.#parts;
    return ratesAt(throttle, throttle.throttleHours.length === 0 ? ANY_TIME : localTime(nowMs()));
  }

  #keep(settings: Throttle, policy: Throttle): void {
    writeJsonFile(this.#path, { ...settings, policy });
    this.#settings = settings;
    this.#policy = policy;
  }
}

/** Where there are no hours, nobody need know what time it is. */
const ANY_TIME: LocalTime = { weekday: 'mon', minute: 0 };
