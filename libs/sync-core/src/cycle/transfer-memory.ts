import { FreeBuffers } from './free-buffers.ts';

/** Memory for bytes of files that are on their way: counts until `release`, which may be called more than once. */
export type Held = { readonly release: () => void };
/** `buffer` has the asked size, or more; it may have been used before and is used again after `release`. */
export type HeldBuffer<B extends ArrayBufferLike = ArrayBuffer> = Held & { readonly buffer: Uint8Array<B> };

/** For what fails before it has passed on what is held. */
export const giveBack =
  (held: Held) =>
  (error: unknown): never => {
    held.release();
    throw error;
  };

type Waiting = { readonly bytes: number; readonly begin: () => void };

/** Of file contents that all tasks of an agent together hold on their way in and out. */
export const MAX_TRANSFER_BYTES = 64 * 1024 * 1024;
/** This part of the bound is kept for little: a batch of small files never waits for packs of large ones to travel (D16). */
const RESERVED_SHARE = 1 / 8;
/** Buffers come in powers of two from here on, so that one fits for the next chunk, too. */
const SMALLEST_BUFFER_BYTES = 256 * 1024;

/**
 * One bound for everything a process sends and fetches: whoever wants to read or receive bytes of a file waits here until they
 * fit, first come, first served, but little before much. Nobody may wait for more while holding some. Buffers are used again: new
 * ones of megabytes would cost a collection of the whole heap every few of them.
 */
export class TransferMemory {
  readonly #limitBytes: number;
  readonly #reservedBytes: number;
  #heldBytes = 0;
  #peakBytes = 0;
  #waiting: Waiting[] = [];
  readonly #own = new FreeBuffers((bytes) => new Uint8Array(bytes));
  readonly #shared = new FreeBuffers((bytes) => new Uint8Array(new SharedArrayBuffer(bytes)));

  constructor(limitBytes: number = MAX_TRANSFER_BYTES) {
    this.#limitBytes = limitBytes;
    this.#reservedBytes = limitBytes * RESERVED_SHARE;
  }

  get heldBytes(): number {
    return this.#heldBytes;
  }

  /** The most that was held at once so far. */
  get peakBytes(): number {
    return this.#peakBytes;
  }

  /** What is larger than the limit waits until nothing else is held. Throws the reason of the signal. */
  async take(bytes: number, signal: AbortSignal): Promise<Held> {
    await this.#turn(bytes, signal);
    return { release: once(() => this.#release(bytes)) };
  }

  takeBuffer(bytes: number, signal: AbortSignal): Promise<HeldBuffer> {
    return this.#takeFrom(this.#own, bytes, signal);
  }

  /** One that other threads see as it is: what is sent to them is no copy, and must be done with before the release. */
  takeSharedBuffer(bytes: number, signal: AbortSignal): Promise<HeldBuffer<SharedArrayBuffer>> {
    return this.#takeFrom(this.#shared, bytes, signal);
  }

  async #takeFrom<B extends ArrayBufferLike>(
    free: FreeBuffers<B>,
    bytes: number,
    signal: AbortSignal,
  ): Promise<HeldBuffer<B>> {
    const size = bufferSize(bytes);
    await this.#turn(size, signal);
    const buffer = free.take(size);
    this.#forgetWhatDoesNotFit();
    const release = once(() => {
      free.put(buffer);
      this.#release(size);
    });
    return { buffer, release };
  }

  /** Free buffers count, too: the oldest go until they fit beside what is held. */
  #forgetWhatDoesNotFit(): void {
    for (const free of [this.#own, this.#shared]) {
      while (this.#heldBytes + this.#own.bytes + this.#shared.bytes > this.#limitBytes && free.forgetOldest());
    }
  }

  /** Resolves when the bytes are counted. */
  async #turn(bytes: number, signal: AbortSignal): Promise<void> {
    signal.throwIfAborted();
    if (bytes === 0) return;
    if (!this.#waiting.some((each) => this.#isBefore(each.bytes, bytes)) && this.#fits(bytes))
      return this.#count(bytes);
    const turn = Promise.withResolvers<void>();
    const waiting: Waiting = { bytes, begin: turn.resolve };
    const stop = (): void => {
      if (!this.#waiting.includes(waiting)) return; // its turn came in the same moment
      this.#waiting = this.#waiting.filter((each) => each !== waiting);
      this.#handOn();
      turn.reject(signal.reason as Error);
    };
    this.#waiting.push(waiting);
    signal.addEventListener('abort', stop, { once: true });
    await turn.promise.finally(() => signal.removeEventListener('abort', stop));
  }

  #fits(bytes: number): boolean {
    const room = this.#limitBytes - (this.#isLittle(bytes) ? 0 : this.#reservedBytes);
    return this.#heldBytes === 0 || this.#heldBytes + bytes <= room;
  }

  #isLittle(bytes: number): boolean {
    return bytes <= this.#reservedBytes / 2;
  }

  /** Whether one who waits has to be served before another who comes. */
  #isBefore(waiting: number, bytes: number): boolean {
    return this.#isLittle(waiting) || !this.#isLittle(bytes);
  }

  #count(bytes: number): void {
    this.#heldBytes += bytes;
    this.#peakBytes = Math.max(this.#peakBytes, this.#heldBytes);
  }

  #release(bytes: number): void {
    this.#heldBytes -= bytes;
    this.#handOn();
    if (this.#heldBytes > 0) return;
    for (const free of [this.#own, this.#shared]) while (free.forgetOldest());
  }

  #handOn(): void {
    for (let next = this.#next(); next && this.#fits(next.bytes); next = this.#next()) {
      const { bytes, begin } = next;
      this.#waiting = this.#waiting.filter((each) => each !== next);
      this.#count(bytes);
      begin();
    }
  }

  #next(): Waiting | undefined {
    return this.#waiting.find(({ bytes }) => this.#isLittle(bytes)) ?? this.#waiting[0];
  }
}

function bufferSize(bytes: number): number {
  return Math.max(SMALLEST_BUFFER_BYTES, 2 ** Math.ceil(Math.log2(Math.max(1, bytes))));
}

function once(act: () => void): () => void {
  let isDone = false;
  return () => {
    if (isDone) return;
    isDone = true;
    act();
  };
}
