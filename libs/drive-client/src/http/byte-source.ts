import type { Deadline } from './deadline.ts';
import type { Pace } from './frame-body.ts';
import { serverUnreachable } from './server-unreachable.ts';
import type { AnswerBody } from './transport.ts';

type Opened = {
  readonly body: AnswerBody;
  readonly deadline: Deadline;
  readonly server: string;
  readonly pace: Pace | undefined;
};

const NOTHING = new Uint8Array(0);

/** The bytes of one answer, in order. Holds at most one piece of the network plus the run being put together. */
export class ByteSource {
  readonly #opened: Opened;
  #piece: Uint8Array = NOTHING;

  constructor(opened: Opened) {
    this.#opened = opened;
  }

  /** Exactly `sizeBytes` bytes; an answer that ends earlier throws SERVER_UNREACHABLE. */
  async read(sizeBytes: number): Promise<Uint8Array> {
    if (this.#piece.length >= sizeBytes) return this.#take(sizeBytes);
    const run = new Uint8Array(sizeBytes);
    await this.fill(run);
    return run;
  }

  /** `run` with the next bytes; an answer that ends earlier throws SERVER_UNREACHABLE. */
  async fill(run: Uint8Array): Promise<void> {
    for (let filled = 0; filled < run.length;) {
      if (this.#piece.length === 0) this.#piece = (await this.#next()) ?? (await this.#fail(this.#cutShort()));
      const part = this.#take(Math.min(this.#piece.length, run.length - filled));
      run.set(part, filled);
      filled += part.length;
    }
  }

  /** Everything that is left, as it arrives. */
  async *all(): AsyncGenerator<Uint8Array, void, undefined> {
    try {
      for (let run: Uint8Array | undefined = this.#take(this.#piece.length); run; run = await this.#next()) {
        if (run.length > 0) yield run;
      }
    } finally {
      await this.cancel();
    }
  }

  /**
   * Nothing more is expected: reads the end, so that the connection can serve the next request. Bytes that still come are
   * dropped with the connection.
   */
  async end(): Promise<void> {
    if (this.#piece.length === 0 && (await this.#next()) === undefined) this.#opened.deadline.stop();
    else await this.cancel();
  }

  /** Stops in the middle, which costs the connection. */
  async cancel(): Promise<void> {
    this.#opened.deadline.stop();
    await this.#opened.body.cancel().catch(() => undefined); // the connection may be gone already, which is what was wanted
  }

  /** Undefined at the end of the answer. */
  async #next(): Promise<Uint8Array | undefined> {
    const { body, pace, deadline } = this.#opened;
    try {
      const piece = await body.next();
      if (!piece) return undefined;
      await pace?.take(piece.length, deadline.signal);
      deadline.extend();
      return piece;
    } catch (error) {
      return this.#fail(error);
    }
  }

  #take(sizeBytes: number): Uint8Array {
    const taken = this.#piece.subarray(0, sizeBytes);
    this.#piece = this.#piece.subarray(sizeBytes);
    return taken;
  }

  async #fail(error: unknown): Promise<never> {
    const { deadline, server } = this.#opened;
    const explained = deadline.explain(error, server);
    await this.cancel();
    throw explained;
  }

  #cutShort(): Error {
    return serverUnreachable(this.#opened.server, { reason: 'cut short' });
  }
}
