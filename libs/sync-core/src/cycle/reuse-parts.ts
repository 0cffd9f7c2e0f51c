import type { DiskRefused, FilePart, LocalSource, ReusedPart, StagedFile } from '../ports/disk.ts';
import type { Execution } from './execution.ts';
import { runsOf, sizeOf } from './file-parts.ts';

/** Looked at in one call: other work on the same disk waits no longer than that. */
const LOOK_BYTES = 64 * 1024 * 1024;
/** From so much on it is worth reading the local file once more for bytes that have moved within it. */
const SHIFTED_BYTES = 16 * 1024 * 1024;

/** Parts that the disk may have in memory at once: it reads with two threads. */
const AT_ONCE = 2;

type Wanted = { readonly parts: readonly FilePart[]; readonly source: LocalSource | null };
export type Reused =
  { readonly t: 'done'; readonly missing: readonly FilePart[] } | { readonly t: 'yielded' } | DiskRefused;

/**
 * Fills a staged file with what this disk has of it: first where the local file has the same place, then, if much is missing
 * still, wherever the local file holds it. Answers what has to be fetched.
 */
export async function reuseParts(staged: StagedFile, { parts, source }: Wanted, execution: Execution): Promise<Reused> {
  const inPlace = await reuseAll(staged, { parts, source }, execution);
  if (inPlace.t !== 'done' || !source || sizeOf(inPlace.missing) < SHIFTED_BYTES) return inPlace;
  const shifted = await findShifted(inPlace.missing, source, execution);
  if (shifted.length === 0) return inPlace;
  const found = await reuseAll(staged, { parts: shifted, source }, execution);
  if (found.t !== 'done') return found;
  const looked = new Set(shifted.map(({ offset }) => offset));
  const rest = inPlace.missing.filter(({ offset }) => !looked.has(offset));
  return { t: 'done', missing: [...rest, ...found.missing].sort((a, b) => a.offset - b.offset) };
}

async function reuseAll(
  staged: StagedFile,
  { parts, source }: { readonly parts: readonly ReusedPart[]; readonly source: LocalSource | null },
  { request, memory }: Execution,
): Promise<Reused> {
  const missing: FilePart[] = [];
  for (const run of runsOf(parts, LOOK_BYTES)) {
    if (request.signal.aborted) return { t: 'yielded' };
    const held = await memory.take(AT_ONCE * Math.max(...run.map(({ chunk }) => chunk.size)), request.signal);
    const answer = await staged.reuse(run, source).finally(held.release);
    if (answer.t !== 'done') return answer;
    missing.push(...answer.missing);
  }
  return { t: 'done', missing };
}

/** The missing parts that the local file holds somewhere: cutting by content finds them behind an insertion. */
async function findShifted(
  missing: readonly FilePart[],
  { path, expect }: LocalSource,
  { deps }: Execution,
): Promise<readonly ReusedPart[]> {
  const cut = await deps.disk.manifest(path, expect);
  if (cut.t !== 'done') return [];
  const places = new Map<string, number>();
  let offset = 0;
  for (const chunk of cut.chunks) {
    places.set(chunk.hash, offset);
    offset += chunk.size;
  }
  return missing.flatMap((part) => {
    const from = places.get(part.chunk.hash);
    return from === undefined ? [] : [{ ...part, from }];
  });
}
