import { AppError, routes, type NodeId } from '@tideline/contracts';
import type { CloudContext } from './create-cloud.ts';

type Wanted = { readonly nodeId: string; readonly contentId: string; readonly from: number; readonly to: number };

/**
 * Bytes [from, to) as they arrive. An answer that breaks off goes on where it ended; only tries that bring nothing count
 * against the retry's bound. The caller verifies what it gets: the head may have changed in between.
 */
export async function* readContent(
  { client, retry }: CloudContext,
  { nodeId, from, to }: Wanted,
  signal: AbortSignal,
): AsyncGenerator<Uint8Array, void, undefined> {
  const input = { params: { nodeId: nodeId as NodeId }, query: {} };
  let at = from;
  while (at < to) {
    const range = { from: at, to };
    /** Opens and waits for the first bytes, so that a server that only opens is tried a bounded number of times. */
    const opened = await retry(async () => {
      const bytes = (await client.stream(routes.drive.content, input, { signal, range }))[Symbol.asyncIterator]();
      return { bytes, first: await bytes.next() };
    }, signal);
    if (opened.first.done) throw cutShort(at, to);
    for await (const run of untilBroken(opened.first.value, opened.bytes)) {
      at += run.length;
      if (at > to) throw cutShort(at, to);
      yield run;
    }
  }
}

/** Ends quietly where the connection broke; every other failure is the caller's. */
async function* untilBroken(first: Uint8Array, bytes: AsyncIterator<Uint8Array>): AsyncGenerator<Uint8Array> {
  try {
    yield first;
    for (let next = await bytes.next(); !next.done; next = await bytes.next()) yield next.value;
  } catch (error) {
    if (!(error instanceof AppError) || error.code !== 'SERVER_UNREACHABLE') throw error;
  } finally {
    await bytes.return?.();
  }
}

function cutShort(at: number, to: number): AppError {
  return new AppError('RANGE_INVALID', {}, { details: { reason: 'the file has another size', at, to } });
}
