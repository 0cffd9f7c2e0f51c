import { encodeFrame } from '@tideline/contracts';
import type { RequestBody } from './transport.ts';

export type Pace = {
  /** Waits until `bytes` more may travel. */
  readonly take: (bytes: number, signal?: AbortSignal) => Promise<void>;
  /** Nothing is held back now. */
  readonly isOpen: () => boolean;
};

/** Small enough that a slow pace still flows. */
const PACED_BYTES = 64 * 1024;
/** Large enough to cost nothing, small enough that a pace that sets in holds soon. */
const OPEN_BYTES = 512 * 1024;

type FrameToSend = {
  readonly header: unknown;
  readonly parts: readonly Uint8Array[];
  readonly pace: Pace | undefined;
  readonly onProgress: () => void;
  readonly signal: AbortSignal;
};

/** Without a pace the frame goes out as it is, with a content length; with one it is a stream of pieces. */
export function frameBody({ header, parts, pace, onProgress, signal }: FrameToSend): RequestBody {
  const runs = encodeFrame(header, parts);
  if (!pace) return runs;
  return (async function* paced() {
    for (const run of runs) {
      for (let at = 0; at < run.length;) {
        const piece = run.subarray(at, at + (pace.isOpen() ? OPEN_BYTES : PACED_BYTES));
        await pace.take(piece.length, signal);
        onProgress();
        yield piece;
        at += piece.length;
      }
    }
  })();
}
