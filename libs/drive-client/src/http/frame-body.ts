import { encodeFrame } from '@tideline/contracts';
import type { RequestBody } from './transport.ts';

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

/** Without a pace the frame goes out as it is, with a content length; with one it is a stream of small pieces. */
export function frameBody({ header, parts, pace, onProgress, signal }: FrameToSend): RequestBody {
  const runs = encodeFrame(header, parts);
  if (!pace) return runs;
  return (async function* paced() {
    for (const piece of pieces(runs)) {
      await pace(piece.length, signal);
      onProgress();
      yield piece;
    }
  })();
}

function* pieces(runs: readonly Uint8Array[]): Generator<Uint8Array, undefined, undefined> {
  for (const run of runs) {
    for (let at = 0; at < run.length; at += PIECE_BYTES) yield run.subarray(at, at + PIECE_BYTES);
  }
  return undefined;
}
