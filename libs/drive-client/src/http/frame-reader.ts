import { AppError, MAX_FRAME_HEADER_BYTES } from '@tideline/contracts';
import type { ByteSource } from './byte-source.ts';

/** A frame whose header has arrived. The parts are read in the order and with the sizes that the header tells. */
export type FrameAnswer<H> = {
  readonly header: H;
  /** The next `sizeBytes` bytes; throws SERVER_UNREACHABLE when the answer is cut short. */
  read(sizeBytes: number): Promise<Uint8Array>;
  /** The next bytes into `run`, as many as it holds; throws as `read` does. */
  fill(run: Uint8Array): Promise<void>;
  /** Everything after what was read, as it arrives. */
  rest(): AsyncIterable<Uint8Array>;
  /** After the last part: keeps the connection for the next request. */
  end(): Promise<void>;
  /** Before the last part: lets go of the answer and its connection. */
  cancel(): Promise<void>;
};

export async function openFrame<H>(source: ByteSource, parse: (header: unknown) => H): Promise<FrameAnswer<H>> {
  try {
    const header = parse(await readHeader(source));
    return {
      header,
      read: (sizeBytes) => source.read(sizeBytes),
      fill: (run) => source.fill(run),
      rest: () => source.all(),
      end: () => source.end(),
      cancel: () => source.cancel(),
    };
  } catch (error) {
    await source.cancel();
    throw error;
  }
}

async function readHeader(source: ByteSource): Promise<unknown> {
  const prefix = await source.read(4);
  const length = new DataView(prefix.buffer, prefix.byteOffset, 4).getUint32(0);
  if (length > MAX_FRAME_HEADER_BYTES) throw notAFrame(`a header of ${length} bytes`);
  try {
    return JSON.parse(new TextDecoder('utf-8', { fatal: true }).decode(await source.read(length)));
  } catch (error) {
    if (error instanceof AppError) throw error;
    throw notAFrame('a header that is not JSON', error);
  }
}

function notAFrame(reason: string, cause?: unknown): AppError {
  return new AppError('INTERNAL', {}, { details: { reason: `the answer is not a frame: ${reason}` }, cause });
}
