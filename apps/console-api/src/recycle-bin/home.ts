import type { NodeId } from '@tideline/contracts';
import type { Link } from './bin.store.ts';

/** Where a trashed node belongs: a folder that lives, and the names of those that must be there below it. */
export type Home = { readonly anchorId: NodeId; readonly names: readonly string[] };

/**
 * VE-2, the original path: folders of it that were trashed or purged since are told by name. `undefined` for a root, and for
 * what has no root above it.
 */
export function findHome(id: string, links: ReadonlyMap<string, Link>): Home | undefined {
  const node = links.get(id);
  const above = node ? ancestorsOf(node, links) : [];
  const topmost = above.findLastIndex((link) => link.trashed);
  const anchorId = topmost < 0 ? node?.parentId : above[topmost]?.parentId;
  if (!node || !anchorId) return undefined;
  const gone = above.slice(0, topmost + 1).toReversed();
  return { anchorId, names: [...gone.flatMap((link) => [...link.lostPath, link.name]), ...node.lostPath] };
}

/**
 * Names of the folders it was trashed from, below the root of the space; folders that are gone included. Where only some folders
 * are `open` to the caller, the others and what was lost directly in them stay nameless.
 */
export function placeOf(id: string, links: ReadonlyMap<string, Link>, open?: ReadonlySet<string>): string[] {
  const node = links.get(id);
  if (!node) return [];
  const isOpen = (folderId: string | null) => folderId !== null && (open?.has(folderId) ?? true);
  const namesOf = (link: Link) => (isOpen(link.id) ? [link.name] : []);
  const lostAbove = (link: Link) => (isOpen(link.parentId) ? link.lostPath : []);
  const folders = ancestorsOf(node, links).filter((link) => link.parentId !== null);
  return [...folders.toReversed().flatMap((link) => [...lostAbove(link), ...namesOf(link)]), ...lostAbove(node)];
}

/** From the parent up to the root. */
export function ancestorsOf(node: Link, links: ReadonlyMap<string, Link>): Link[] {
  const above: Link[] = [];
  for (let at = parentOf(node, links); at; at = parentOf(at, links)) above.push(at);
  return above;
}

function parentOf(link: Link, links: ReadonlyMap<string, Link>): Link | undefined {
  return link.parentId === null ? undefined : links.get(link.parentId);
}
