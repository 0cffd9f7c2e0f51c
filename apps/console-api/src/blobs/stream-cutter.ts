import { createHash, type Hash } from 'node:crypto';
import type { ChunkRef } from '@tideline/contracts';
import { createCutter, type Cutter } from '@tideline/contracts/chunking';
import type { PackedChunk } from './chunk.store.ts';

/** A pack ends at the first cut after this many bytes. */
const PACK_BYTES = 16 * 1024 * 1024;

export type StreamPlan = {
  /** How many bytes are left of the file: no more are taken, and only with the last of them the last chunk ends. */
  readonly restBytes: number;
  /** The whole file is one chunk: small ones are not cut. */
  readonly isOneChunk: boolean;
};

/**
 * Cuts the bytes of one request into chunks as they come, pack by pack, and holds one piece of the network at a time. A connection that
 * breaks ends the bytes: chunks that were whole by then count, the begun one does not. More bytes than are left are left alone.
 */
export class StreamCutter {
  /** Chunks of the present pack. */
  #packed: PackedChunk[] = [];
  #packBytes = 0;
  #rest: Uint8Array = EMPTY;
  #leftBytes: number;
  #isOver = false;
  #hadTooMany = false;
  #isBroken = false;
  #digest: Hash | undefined;
  #chunkBytes = 0;
  readonly #pieces: AsyncIterator<Uint8Array>;
  readonly #cutter: Cutter | undefined;
  readonly #received = createHash('sha256');

  constructor(body: AsyncIterator<Uint8Array>, plan: StreamPlan) {
    this.#pieces = body;
    this.#leftBytes = plan.restBytes;
    this.#cutter = plan.isOneChunk ? undefined : createCutter();
  }

  /** Whether more is to come. */
  async hasMore(): Promise<boolean> {
    if (this.#rest.length === 0 && !this.#isOver) await this.#advance();
    return this.#rest.length > 0;
  }

  /** The bytes of the next pack; `takePack` then says what is in it. */
  async *packBytes(): AsyncIterable<Uint8Array> {
    while (await this.hasMore()) {
      const taken = this.#rest;
      const { length, isCut } = this.#cutter?.next(taken, 0) ?? { length: taken.length, isCut: false };
      const piece = taken.subarray(0, length);
      this.#rest = taken.subarray(length);
      this.#take(piece);
      yield piece;
      if (isCut || this.#leftBytes === 0) this.#endChunk();
      if (isCut && this.#packBytes >= PACK_BYTES) return;
    }
  }

  takePack(): { readonly packed: readonly PackedChunk[]; readonly chunks: readonly ChunkRef[] } {
    const packed = this.#packed;
    this.#packed = [];
    this.#packBytes = 0;
    return { packed, chunks: packed.map(({ hash, size }) => ({ hash, size })) };
  }

  /** Whether the sender goes on after the last byte of the file; asked when there is no more to take. */
  async hasTooMany(): Promise<boolean> {
    if (this.#hadTooMany || this.#isBroken) return this.#hadTooMany;
    return !(await this.#next()).done;
  }

  /** Lets the stream go: as long as it is iterated, nobody else can read it. */
  async release(): Promise<void> {
    await this.#pieces.return?.();
  }

  /** Of all bytes taken so far. */
  receivedHash(): string {
    return this.#received.copy().digest('hex');
  }

  #take(piece: Uint8Array): void {
    this.#digest ??= createHash('sha256');
    this.#digest.update(piece);
    this.#received.update(piece);
    this.#chunkBytes += piece.length;
    this.#packBytes += piece.length;
    this.#leftBytes -= piece.length;
  }

  #endChunk(): void {
    if (!this.#digest) return;
    const hash = this.#digest.digest('hex') as ChunkRef['hash'];
    this.#packed.push({ hash, size: this.#chunkBytes, packOffset: this.#packBytes - this.#chunkBytes });
    this.#digest = undefined;
    this.#chunkBytes = 0;
  }

  async #advance(): Promise<void> {
    if (this.#leftBytes === 0) {
      this.#isOver = true;
      return;
    }
    const next = await this.#next();
    if (next.done) this.#isOver = true;
    else if (next.value.length > 0) this.#fill(next.value);
    else await this.#advance();
  }

  /** A broken connection ends the bytes. */
  async #next(): Promise<IteratorResult<Uint8Array, undefined>> {
    try {
      return await this.#pieces.next();
    } catch {
      this.#isBroken = true;
      return { done: true, value: undefined };
    }
  }

  #fill(piece: Uint8Array): void {
    this.#hadTooMany = piece.length > this.#leftBytes;
    this.#rest = piece.subarray(0, this.#leftBytes);
  }
}

const EMPTY = new Uint8Array(0);
