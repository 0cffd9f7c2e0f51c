import { encodeFrame } from '@tideline/contracts';

/** Waits until `bytes` more may travel. */
export type Pace = (bytes: number, signal?: AbortSignal) => Promise<void>;

/** Small enough that a slow pace still flows, large enough that it costs nothing. */
const PIECE_BYTES = 64 * 1024;

type FrameToSend = {
  readonly header: unknown;
  readonly parts: readonly Uint8Array[];
  readonly pace: Pace | undefined;
  readonly onProgress: () => void;
  readonly signal: AbortSignal;
};

/** Without a pace the frame is one buffer, which carries a content length; with one it is a stream of small pieces. */
export function frameBody({ header, parts, pace, onProgress, signal }: FrameToSend): RequestInit {
  const runs = encodeFrame(header, parts);
  if (!pace) return { body: join(runs) };
  const pieces = pieceIterator(runs);
  const stream = new ReadableStream<Uint8Array>({
    pull: async (controller) => {
      const next = pieces.next();
      if (next.done) return controller.close();
      await pace(next.value.length, signal);
      onProgress();
      controller.enqueue(next.value);
    },
  });
  return { body: stream, duplex: 'half' } as RequestInit;
}

function* pieceIterator(runs: readonly Uint8Array[]): Generator<Uint8Array, undefined, undefined> {
  for (const run of runs) {
    for (let at = 0; at < run.length; at += PIECE_BYTES) yield run.subarray(at, at + PIECE_BYTES);
  }
  return undefined;
}

export function join(runs: readonly Uint8Array[]): Uint8Array<ArrayBuffer> {
  const whole = new Uint8Array(runs.reduce((sum, run) => sum + run.length, 0));
  let at = 0;
  for (const run of runs) {
    whole.set(run, at);
    at += run.length;
  }
  return whole;
}
