import type { Advance, BaseId, LocalKey } from '@tideline/sync-core';
import type { Trees } from './normalise.ts';
import type { OverlayQueries } from './overlay-queries.ts';

/**
 * A new entry has a negative key until base knows it. From then on it lives under its id: what was seen below the key moves
 * below the id, and the entry itself is over. `childKeys` asks the table, because the overlay may hold a million entries.
 */
export function adopt(
  { local }: Trees,
  adopted: NonNullable<Advance['adopt']>,
  childKeys: OverlayQueries['childKeys'],
): void {
  for (const { key, id } of adopted) {
    const seen = local.get(key);
    local.delete(key);
    const isFolder = seen?.t === 'present' && seen.node.kind === 'folder';
    if (isFolder) for (const child of childKeys(key)) moveBelow(local, child, id);
  }
}

function moveBelow(local: Trees['local'], child: LocalKey, parent: BaseId): void {
  const seen = local.get(child);
  if (seen?.t === 'present') local.set(child, { ...seen, node: { ...seen.node, parent } });
}
