import { ROOT_ID, type BaseNode, type CloudNode, type FileMeta, type LocalNode } from '@tideline/sync-core/tree';

/** Equal in everything a decision looks at; the signature may differ and then follows. */
export function isLocalEqual(node: LocalNode, base: BaseNode): boolean {
  if (node.kind !== base.kind || (node.content?.contentId ?? null) !== base.contentId) return false;
  if (base.id === ROOT_ID) return true;
  return node.parent === base.parent && node.name === base.localName && isMetaEqual(node.meta, base);
}

/** Equal in everything a decision looks at; the revision may differ and then follows. */
export function isCloudEqual(node: CloudNode, base: BaseNode, baseParentCloudId: string | undefined): boolean {
  if (node.kind !== base.kind || node.contentId !== base.contentId) return false;
  if (base.id === ROOT_ID) return true;
  return node.parentId === baseParentCloudId && node.name === base.cloudName && isMetaEqual(node.meta, base);
}

/** Folders carry no metadata of their own. */
function isMetaEqual(meta: FileMeta, base: BaseNode): boolean {
  if (base.kind === 'folder') return true;
  return meta.mtimeMs === base.meta.mtimeMs && meta.exec === base.meta.exec;
}
