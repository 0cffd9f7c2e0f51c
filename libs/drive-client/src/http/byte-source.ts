import type { Deadline } from './deadline.ts';
import type { Pace } from './frame-body.ts';
import { serverUnreachable } from './server-unreachable.ts';

/** The bytes of one answer, in order. Holds at most one piece of the network plus the run being put together. */
export type ByteSource = {
  /** Exactly `sizeBytes` bytes; an answer that ends earlier throws SERVER_UNREACHABLE. */
  read(sizeBytes: number): Promise<Uint8Array>;
  /** Everything that is left, as it arrives. */
  all(): AsyncIterable<Uint8Array>;
  /** Nothing more is expected: reads the end, so that the connection can serve the next request. Bytes that still come are dropped. */
  end(): Promise<void>;
  /** Stops in the middle, which costs the connection. */
  cancel(): Promise<void>;
};

type Opened = {
  readonly body: ReadableStream<Uint8Array> | null;
  readonly deadline: Deadline;
  readonly server: string;
  readonly pace?: Pace;
};

const NOTHING = new Uint8Array(0);

export function createByteSource({ body, deadline, server, pace }: Opened): ByteSource {
  const reader = body?.getReader();
  let piece: Uint8Array = NOTHING;

  const cancel = async (): Promise<void> => {
    deadline.stop();
    await reader?.cancel().catch(() => undefined); // the connection may be gone already, which is what was wanted
  };
  const fail = async (error: unknown): Promise<never> => {
    const explained = deadline.explain(error, server);
    await cancel();
    throw explained;
  };
  /** Undefined at the end of the answer. */
  const next = async (): Promise<Uint8Array | undefined> => {
    try {
      const result = await reader?.read();
      if (!result || result.done) return undefined;
      await pace?.(result.value.length, deadline.signal);
      deadline.extend();
      return result.value;
    } catch (error) {
      return fail(error);
    }
  };
  const read = async (sizeBytes: number): Promise<Uint8Array> => {
    if (piece.length >= sizeBytes) return take(sizeBytes);
    const run = new Uint8Array(sizeBytes);
    let filled = 0;
    while (filled < sizeBytes) {
      if (piece.length === 0)
        piece = (await next()) ?? (await fail(serverUnreachable(server, { reason: 'cut short' })));
      const part = take(Math.min(piece.length, sizeBytes - filled));
      run.set(part, filled);
      filled += part.length;
    }
    return run;
  };
  const take = (sizeBytes: number): Uint8Array => {
    const taken = piece.subarray(0, sizeBytes);
    piece = piece.subarray(sizeBytes);
    return taken;
  };
  async function* all(): AsyncGenerator<Uint8Array, void, undefined> {
    try {
      for (let run: Uint8Array | undefined = take(piece.length); run; run = await next()) {
        if (run.length > 0) yield run;
      }
    } finally {
      await cancel();
    }
  }
  const end = async (): Promise<void> => {
    if (piece.length === 0 && (await next()) === undefined) deadline.stop();
    else await cancel();
  };
  return { read, all, end, cancel };
}
