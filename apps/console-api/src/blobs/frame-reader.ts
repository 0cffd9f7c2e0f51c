import type { Readable } from 'node:stream';
import { AppError, MAX_FRAME_HEADER_BYTES } from '@tideline/contracts';

/**
 * Reads a frame (see contracts `frame.ts`) as it arrives: the header, then the parts in order. Holds one piece of the network
 * at a time; whoever consumes slowly slows the sender down.
 */
export class FrameReader {
  readonly #stream: Readable;
  readonly #pieces: AsyncIterator<Uint8Array>;
  #rest: Uint8Array = EMPTY;

  constructor(stream: Readable) {
    this.#stream = stream;
    this.#pieces = stream.iterator({ destroyOnReturn: false })[Symbol.asyncIterator]() as AsyncIterator<Uint8Array>;
  }

  async header(): Promise<unknown> {
    const prefix = await this.bytes(4);
    const lengthBytes = new DataView(prefix.buffer, prefix.byteOffset, 4).getUint32(0);
    if (lengthBytes > MAX_FRAME_HEADER_BYTES) throw malformed('the header of the frame is too long');
    const json = await this.bytes(lengthBytes);
    try {
      return JSON.parse(new TextDecoder('utf-8', { fatal: true }).decode(json));
    } catch (error) {
      throw malformed('the header of the frame is not JSON', error);
    }
  }

  /** The next `count` bytes as they come; consume all of them before reading on. */
  async *take(count: number): AsyncIterable<Uint8Array> {
    let left = count;
    while (left > 0) {
      if (this.#rest.length === 0) await this.#advance();
      const piece = this.#rest.subarray(0, left);
      this.#rest = this.#rest.subarray(piece.length);
      left -= piece.length;
      yield piece;
    }
  }

  /** The next `count` bytes in one buffer; for parts whose size has a small bound. */
  async bytes(count: number): Promise<Uint8Array> {
    if (this.#rest.length >= count) {
      const whole = this.#rest.subarray(0, count);
      this.#rest = this.#rest.subarray(count);
      return whole;
    }
    const pieces: Uint8Array[] = [];
    for await (const piece of this.take(count)) pieces.push(piece);
    return Buffer.concat(pieces);
  }

  async requireEnd(): Promise<void> {
    if (this.#rest.length > 0) throw malformed('more bytes follow than the header tells');
    const next = await this.#next();
    if (next && next.length > 0) throw malformed('more bytes follow than the header tells');
  }

  /** Lets the rest of a refused request run off, so that the sender reads the refusal instead of a broken connection. */
  async discard(): Promise<void> {
    await this.#pieces.return?.(); // a stream that is iterated does not flow
    let leftBytes = MAX_DISCARDED_BYTES;
    this.#stream.on('data', (piece: Uint8Array) => {
      leftBytes -= piece.length;
      if (leftBytes < 0) this.#stream.destroy();
    });
  }

  async #advance(): Promise<void> {
    const next = await this.#next();
    if (!next) throw malformed('the frame is cut short');
    this.#rest = next;
  }

  async #next(): Promise<Uint8Array | undefined> {
    const next = await this.#pieces.next();
    return next.done ? undefined : next.value;
  }
}

/** More than any frame that is allowed; who sends more is cut off. */
const MAX_DISCARDED_BYTES = 64 * 1024 * 1024;
const EMPTY = new Uint8Array(0);

function malformed(reason: string, cause?: unknown): AppError {
  return new AppError('INVALID_INPUT', { reason }, { cause });
}
