import { AppError, contentIdOf } from '@tideline/contracts';
import type { CloudNode } from '../model/tree.ts';
import type { DiskRefused, FilePart, LocalSource, StagedFile } from '../ports/disk.ts';
import { partsOf, sizeOf } from './file-parts.ts';
import type { Download } from './execute-local.ts';
import type { Execution } from './execution.ts';
import { receiveParts } from './receive-parts.ts';
import { reuseParts } from './reuse-parts.ts';

export type LargeFetch =
  | { readonly t: 'staged'; readonly name: string }
  /** The drive has another content by now; bytes did not match their hash; something newer waits. */
  | { readonly t: 'unavailable' | 'corrupt' | 'yielded' }
  | DiskRefused;

/**
 * Brings a large file into staging, each chunk verified before it is written. What this disk has of it already, from an earlier
 * try or in the file that is replaced, is not fetched; only the rest travels. What came stays for the next try.
 */
export async function fetchLarge(op: Download, source: LocalSource | null, execution: Execution): Promise<LargeFetch> {
  const parts = await findParts(op.cloud, execution);
  if (!parts) return { t: 'unavailable' };
  const contentId = op.cloud.contentId ?? '';
  const staged = await execution.deps.disk.stage({ opId: op.opId, contentId, size: sizeOf(parts) });
  try {
    return await fill(staged, { node: op.cloud, parts, source }, execution);
  } catch (error) {
    await staged.leave();
    throw error;
  }
}

type Wanted = {
  readonly node: CloudNode;
  readonly parts: readonly FilePart[];
  readonly source: LocalSource | null;
};

async function fill(staged: StagedFile, { node, parts, source }: Wanted, execution: Execution): Promise<LargeFetch> {
  const missing = await reuseParts(staged, { parts, source }, execution);
  const received =
    missing.t === 'done' ? await receiveParts(staged, { node, parts: missing.missing }, execution) : missing;
  if (received.t === 'unavailable') await staged.discard();
  else if (received.t !== 'whole') await staged.leave();
  if (received.t !== 'whole') return received;
  const finished = await staged.finish();
  return finished.t === 'done' ? { t: 'staged', name: staged.name } : finished;
}

/** Nothing when the drive has another content by now, or none: the feed tells. */
async function findParts(node: CloudNode, { deps }: Execution): Promise<readonly FilePart[] | undefined> {
  const manifest = await deps.cloud.manifest(node.id).catch(absentIfGone);
  const contentId = manifest && contentIdOf(manifest.chunks, (text) => deps.hashes.sha256Hex(text));
  if (!manifest || contentId !== manifest.contentId || contentId !== node.contentId) return undefined;
  return partsOf(manifest.chunks);
}

function absentIfGone(error: unknown): undefined {
  if (error instanceof AppError && error.code === 'NODE_UNKNOWN') return undefined;
  throw error;
}
