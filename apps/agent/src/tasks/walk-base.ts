import { ROOT_ID, type BaseNode, type BaseView } from '@tideline/sync-core';

export type BasePath = { readonly path: string; readonly node: BaseNode };

/**
 * Everything in base in a stable order (folder by folder, by name), beginning behind `after`, which is a path answered before.
 * A path that has gone in the meantime is no hindrance.
 */
export function* walkBase(base: BaseView, after?: string): Generator<BasePath> {
  yield* walkFolder(base, { id: ROOT_ID, path: '' }, after === undefined ? [] : after.split('/'));
}

function* walkFolder(
  base: BaseView,
  folder: { id: number; path: string },
  after: readonly string[],
): Generator<BasePath> {
  const children = base.children(folder.id).filter((node) => node.id !== ROOT_ID);
  const [first, ...rest] = after;
  for (const node of children.toSorted(byLocalName)) {
    if (first !== undefined && node.localName < first) continue;
    const resumed = node.localName === first;
    const path = folder.path === '' ? node.localName : `${folder.path}/${node.localName}`;
    if (!resumed) yield { path, node };
    if (node.kind === 'folder') yield* walkFolder(base, { id: node.id, path }, resumed ? rest : []);
  }
}

/** By code units, so that the order is the same everywhere and `<` agrees with it. */
function byLocalName(left: BaseNode, right: BaseNode): number {
  if (left.localName === right.localName) return 0;
  return left.localName < right.localName ? -1 : 1;
}
