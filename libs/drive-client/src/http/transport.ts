/** How requests travel: `fetch` in browsers, Node's own client in the agent. Both pass one contract suite (`testing/`). */
export type Transport = (request: TransportRequest) => Promise<TransportAnswer>;

export type TransportRequest = {
  readonly method: string;
  readonly url: string;
  readonly headers: Readonly<Record<string, string>>;
  readonly body: RequestBody;
  /** Ends the request as well as the answer; what waits then throws. */
  readonly signal: AbortSignal;
};

/** Text; runs of bytes, which must not change before the answer is there; or pieces that are asked for one after another. */
export type RequestBody = undefined | string | readonly Uint8Array[] | AsyncIterable<Uint8Array>;

/** Resolves with any status. A redirect, and everything below HTTP that fails, is thrown. */
export type TransportAnswer = {
  readonly status: number;
  /** Lower-case name. */
  readonly header: (name: string) => string | null;
  readonly body: AnswerBody;
};

export type AnswerBody = {
  /** The next piece as it arrives, undefined at the end. Whoever asks slowly slows the sender down. */
  next(): Promise<Uint8Array | undefined>;
  /** All of it. */
  text(): Promise<string>;
  /** Lets go of the answer and its connection. */
  cancel(): Promise<void>;
};

export function isPieces(body: RequestBody): body is AsyncIterable<Uint8Array> {
  return typeof body === 'object' && Symbol.asyncIterator in body;
}
