import type { CloudNode } from '../model/tree.ts';
import type { DiskRefused, FilePart, StagedFile } from '../ports/disk.ts';
import { cutInto } from './cut-into.ts';
import type { Execution } from './execution.ts';
import { runsOf, sizeOf } from './file-parts.ts';

/** Bytes of one request, after which a transfer may give way. */
const RANGE_BYTES = 32 * 1024 * 1024;
/** One is written while the other is on its way; each holds one chunk in memory. */
const LANES = 2;

export type Received = { readonly t: 'whole' } | { readonly t: 'unavailable' | 'corrupt' | 'yielded' } | DiskRefused;
type Wanted = { readonly node: CloudNode; readonly parts: readonly FilePart[] };

const WHOLE: Received = { t: 'whole' };

/** Fetches parts of a large file into staging. Gives way between requests; what was written stays written. */
export async function receiveParts(
  staged: StagedFile,
  { node, parts }: Wanted,
  execution: Execution,
): Promise<Received> {
  const ranges = runsOf(parts, RANGE_BYTES, (last, part) => last.offset + last.chunk.size === part.offset);
  let outcome: Received = WHOLE;
  const lane = async (): Promise<void> => {
    for (let range = ranges.shift(); range; range = ranges.shift()) {
      const held = await execution.memory.takeBuffer(largestOf(range), execution.request.signal);
      const wanted = { node, parts: range, room: held.buffer };
      const received = await receiveRange(staged, wanted, execution).finally(held.release);
      if (received.t !== 'whole') outcome = received;
      else if (ranges.length > 0 && mustStop(execution)) outcome = { t: 'yielded' };
      if (outcome.t !== 'whole') return;
    }
  };
  // Nothing goes on behind the back of the cycle: a lane that fails waits for the other.
  const lanes = await Promise.allSettled(Array.from({ length: LANES }, lane));
  for (const ended of lanes) if (ended.status === 'rejected') throw ended.reason;
  return outcome;
}

function mustStop(execution: Execution): boolean {
  return execution.request.signal.aborted || execution.mustYield();
}

const largestOf = (parts: readonly FilePart[]): number => Math.max(0, ...parts.map(({ chunk }) => chunk.size));

async function receiveRange(
  staged: StagedFile,
  { node, parts, room }: Wanted & { readonly room: Uint8Array },
  execution: Execution,
): Promise<Received> {
  const { cloud, hashes } = execution.deps;
  const from = parts[0]?.offset ?? 0;
  const range = { contentId: node.contentId ?? '', from, to: from + sizeOf(parts) };
  const bytes = cloud.content(node.id, range, execution.request.signal);
  let received = 0;
  const chunks = parts.map(({ chunk }) => chunk);
  for await (const whole of cutInto(chunks, bytes, room)) {
    const part = parts[received];
    if (!part || hashes.sha256Hex(whole) !== part.chunk.hash) return { t: 'corrupt' };
    const written = await staged.write(part.offset, whole);
    if (written.t !== 'done') return written;
    received += 1;
  }
  // Fewer bytes than promised: the drive has another content by now.
  return received === parts.length ? WHOLE : { t: 'unavailable' };
}
