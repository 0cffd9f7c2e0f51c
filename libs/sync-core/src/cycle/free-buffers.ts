/** Buffers that nobody uses now, the oldest first. */
export class FreeBuffers<B extends ArrayBufferLike> {
  readonly #make: (sizeBytes: number) => Uint8Array<B>;
  readonly #free: Uint8Array<B>[] = [];
  #bytes = 0;

  constructor(make: (sizeBytes: number) => Uint8Array<B>) {
    this.#make = make;
  }

  get bytes(): number {
    return this.#bytes;
  }

  /** One of exactly this size, a new one where none is free. */
  take(sizeBytes: number): Uint8Array<B> {
    const index = this.#free.findIndex((buffer) => buffer.length === sizeBytes);
    const [found] = index < 0 ? [] : this.#free.splice(index, 1);
    if (!found) return this.#make(sizeBytes);
    this.#bytes -= sizeBytes;
    return found;
  }

  put(buffer: Uint8Array<B>): void {
    this.#free.push(buffer);
    this.#bytes += buffer.length;
  }

  /** Answers whether there was one. */
  forgetOldest(): boolean {
    const oldest = this.#free.shift();
    this.#bytes -= oldest?.length ?? 0;
    return oldest !== undefined;
  }
}
