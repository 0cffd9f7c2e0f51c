import type { Atom, NodeId } from '@tideline/contracts';
import type { AccessTree } from './access-tree.ts';

/** By atom, then by folder: a folder somewhere below it where the atom is missing; `null` when it is hidden from the subject. */
export type Barriers = ReadonlyMap<Atom, ReadonlyMap<NodeId, NodeId | null>>;

export const NO_BARRIERS: Barriers = new Map();

/** Rights differ only where a grant stands, so that each of those folders tells all above it, once. */
export function collectBarriers(
  tree: AccessTree,
  of: { readonly nodeIds: readonly NodeId[]; readonly atoms: readonly Atom[]; readonly throughBin: boolean },
): Barriers {
  return new Map(of.atoms.map((atom) => [atom, barriersTo(atom, tree, of)]));
}

function barriersTo(
  atom: Atom,
  tree: AccessTree,
  { nodeIds, throughBin }: { readonly nodeIds: readonly NodeId[]; readonly throughBin: boolean },
): ReadonlyMap<NodeId, NodeId | null> {
  const found = new Map<NodeId, NodeId | null>();
  for (const id of nodeIds) {
    const atoms = tree.rightsOf(id)?.atoms;
    if (atoms?.has(atom)) continue;
    const told = atoms?.has('visible') ? id : null;
    for (const folder of tree.foldersAbove(id, { throughBin })) found.set(folder, told ?? found.get(folder) ?? null);
  }
  return found;
}
