import type { Advance, BaseId, LocalKey } from '@tideline/sync-core';
import type { Trees } from './normalise.ts';

/**
 * A new entry has a negative key until base knows it. From then on it lives under its id: what was seen below the key moves
 * below the id, and the entry itself is over.
 */
export function adopt({ local }: Trees, adopted: NonNullable<Advance['adopt']>): void {
  if (adopted.length === 0) return;
  const ids = new Map<LocalKey, BaseId>(adopted.map(({ key, id }) => [key, id]));
  const mayHaveChildren = adopted.some(({ key }) => isFolder(local.entries.get(key)));
  for (const { key } of adopted) local.remove(key);
  if (!mayHaveChildren) return;
  for (const [key, seen] of local.entries) {
    const parent = seen.t === 'present' ? ids.get(seen.node.parent) : undefined;
    if (seen.t === 'present' && parent !== undefined) local.set(key, { ...seen, node: { ...seen.node, parent } });
  }
}

function isFolder(seen: ReturnType<Trees['local']['entries']['get']>): boolean {
  return seen?.t === 'present' && seen.node.kind === 'folder';
}
