import { AppError } from '@tideline/contracts';
import type { Execution } from './execution.ts';
import type { Upload } from './group-ops.ts';
import { roomFor } from './room-for.ts';
import { chunksOf } from './to-batch-op.ts';

export type Asked = {
  /** Hashes that have to be sent. */
  readonly missing: ReadonlySet<string>;
  /** For which there is no room. */
  readonly full: readonly Upload[];
};

/**
 * Which bytes of files of one chunk have to be sent, once the drive keeps room for them (VE-3): one question for all of them,
 * and only where they do not fit together one for each that may.
 */
export async function askAhead(uploads: readonly Upload[], execution: Execution): Promise<Asked> {
  if (uploads.length === 0) return { missing: new Set(), full: [] };
  const together = await ask(uploads, execution);
  if (together !== 'full') return { missing: together, full: [] };
  const missing = new Set<string>();
  const full: Upload[] = [];
  let tooLargeBytes = execution.tooLargeBytes;
  for (const upload of uploads) {
    const { size } = upload.content;
    const answer = size >= tooLargeBytes ? 'full' : await ask([upload], execution);
    if (answer === 'full') {
      full.push(upload);
      tooLargeBytes = Math.min(tooLargeBytes, size);
    } else for (const hash of answer) missing.add(hash);
  }
  return { missing, full };
}

async function ask(uploads: readonly Upload[], { deps }: Execution): Promise<ReadonlySet<string> | 'full'> {
  const chunks = uploads.flatMap(({ content }) => chunksOf(content));
  try {
    return await deps.cloud.missing(chunks, ...uploads.map((upload) => roomFor(upload, deps)));
  } catch (error) {
    if (error instanceof AppError && error.code === 'QUOTA_EXCEEDED') return 'full';
    throw error;
  }
}
