import type { FrameAnswer } from '../http/frame-reader.ts';

/** Memory of the caller that is filled from the front with what arrives whole; what does not fit gets memory of its own. */
export class ReceiveMemory {
  readonly #bytes: Uint8Array | undefined;
  #keptBytes = 0;

  constructor(bytes: Uint8Array | undefined) {
    this.#bytes = bytes;
  }

  /** The next part of an answer; one that is cut short leaves its place to the next try. */
  async receive(frame: Pick<FrameAnswer<unknown>, 'read' | 'fill'>, sizeBytes: number): Promise<Uint8Array> {
    const end = this.#keptBytes + sizeBytes;
    if (!this.#bytes || end > this.#bytes.length) return frame.read(sizeBytes);
    const place = this.#bytes.subarray(this.#keptBytes, end);
    await frame.fill(place);
    this.#keptBytes = end;
    return place;
  }
}
