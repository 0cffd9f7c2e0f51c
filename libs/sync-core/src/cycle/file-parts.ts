import type { ChunkRef } from '@tideline/contracts';
import type { FilePart } from '../ports/disk.ts';

export function partsOf(chunks: readonly ChunkRef[]): readonly FilePart[] {
  let offset = 0;
  return chunks.map((chunk) => {
    const part = { offset, chunk };
    offset += chunk.size;
    return part;
  });
}

export function sizeOf(parts: readonly FilePart[]): number {
  return parts.reduce((sum, { chunk }) => sum + chunk.size, 0);
}

/** Cuts a list into runs of at most `bytes`, in order; one larger part stands alone. `isNext`: whether a part may join the last one. */
export function runsOf<P extends FilePart>(
  parts: readonly P[],
  bytes: number,
  isNext: (last: P, part: P) => boolean = () => true,
): P[][] {
  const runs: P[][] = [];
  let filled = 0;
  for (const part of parts) {
    const run = runs.at(-1);
    const last = run?.at(-1);
    if (run && last && filled + part.chunk.size <= bytes && isNext(last, part)) {
      run.push(part);
      filled += part.chunk.size;
    } else {
      runs.push([part]);
      filled = part.chunk.size;
    }
  }
  return runs;
}
