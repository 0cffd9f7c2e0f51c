import { addDigestTerms, digestTerm, formatDigest, type DigestedNode } from '@tideline/contracts';
import { ROOT_ID, type BaseId, type BaseView, type CloudId, type CloudOverlay } from '../model/tree.ts';
import type { CycleDeps } from './cycle-types.ts';

/**
 * SA-5 for a task whose overlays are empty after a full scan: then disk, base and our mirror of the cloud are one, and the
 * server's own digest says whether the mirror is right. `null` when the server has moved on meanwhile: the next pull tells.
 */
export async function verifyInSync(deps: CycleDeps): Promise<boolean | null> {
  const { journal, cloud, hashes } = deps;
  const mirror = digestRows(mirrorRows(journal.base, journal.cloudOverlay(), cloud.rootId), (text) =>
    hashes.sha256Hex(text),
  );
  const theirs = await cloud.digest(cloud.rootId);
  if (theirs.count === mirror.count && theirs.digest === mirror.digest) return true;
  return theirs.seq === journal.meta().seq ? false : null;
}

/** Our picture of the cloud below the root: base, folder by folder, with what was seen since in its place. */
export function* mirrorRows(base: BaseView, overlay: CloudOverlay, rootId: CloudId): Generator<DigestedNode> {
  const folders: { readonly id: BaseId; readonly cloudId: CloudId }[] = [{ id: ROOT_ID, cloudId: rootId }];
  for (let folder = folders.pop(); folder; folder = folders.pop()) {
    for (const row of base.children(folder.id)) {
      if (row.kind === 'folder') folders.push({ id: row.id, cloudId: row.cloudId });
      if (overlay.has(row.cloudId)) continue;
      const { cloudName: name, kind, contentId } = row;
      yield { id: row.cloudId, parentId: folder.cloudId, name, kind, contentId };
    }
  }
  for (const seen of overlay.values()) if (seen.t === 'present') yield seen.node;
}

function digestRows(
  rows: Iterable<DigestedNode>,
  sha256Hex: (text: string) => string,
): { count: number; digest: string } {
  let count = 0;
  let sum = 0n;
  for (const row of rows) {
    count += 1;
    sum = addDigestTerms(sum, digestTerm(row, sha256Hex));
  }
  return { count, digest: formatDigest(sum) };
}
