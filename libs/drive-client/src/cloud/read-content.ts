import { AppError, routes, type NodeId } from '@tideline/contracts';
import type { CloudContext } from './create-cloud.ts';

type Wanted = { readonly nodeId: string; readonly contentId: string; readonly from: number; readonly to: number };
type Opened = { readonly first: Uint8Array; readonly rest: AsyncIterator<Uint8Array> };

/**
 * Bytes [from, to) as they arrive. An answer that breaks off goes on where it ended; only tries that bring nothing count
 * against the retry's bound. Ends early when the drive holds another content by now, or none.
 */
export async function* readContent(
  context: CloudContext,
  { from, to, ...wanted }: Wanted,
  signal: AbortSignal,
): AsyncGenerator<Uint8Array, void, undefined> {
  let at = from;
  while (at < to) {
    const opened = await context.retry(() => open(context, { ...wanted, from: at, to }, signal), signal);
    if (!opened) return;
    for await (const run of untilBroken(opened)) {
      at += run.length;
      yield run;
    }
  }
}

/** Waits for the first bytes, too, so that a server that only opens is tried a bounded number of times. */
async function open({ client }: CloudContext, wanted: Wanted, signal: AbortSignal): Promise<Opened | undefined> {
  const input = { params: { nodeId: wanted.nodeId as NodeId }, query: {} };
  const range = { from: wanted.from, to: wanted.to, etag: wanted.contentId };
  try {
    const rest = (await client.stream(routes.drive.content, input, { signal, range }))[Symbol.asyncIterator]();
    const first = await rest.next();
    return first.done ? undefined : { first: first.value, rest };
  } catch (error) {
    const isOver = error instanceof AppError && (error.code === 'RANGE_INVALID' || error.code === 'NODE_UNKNOWN');
    if (isOver) return undefined;
    throw error;
  }
}

/** Ends quietly where the connection broke; every other failure is the caller's. */
async function* untilBroken({ first, rest }: Opened): AsyncGenerator<Uint8Array> {
  try {
    yield first;
    for (let next = await rest.next(); !next.done; next = await rest.next()) yield next.value;
  } catch (error) {
    if (!(error instanceof AppError) || error.code !== 'SERVER_UNREACHABLE') throw error;
  } finally {
    await rest.return?.();
  }
}
