import type { BaseView, CloudId, CloudOverlay } from '@tideline/sync-core';

const MAX_DEPTH = 4096;

/** Path of a cloud node below the task's cloud folder, for showing; undefined when a parent is not known. */
export function cloudPathOf(
  trees: { base: BaseView; cloud: CloudOverlay; rootId: CloudId },
  id: CloudId,
): string | undefined {
  const names: string[] = [];
  let at = id;
  while (at !== trees.rootId) {
    const place = placeOf(trees, at);
    if (!place || names.length > MAX_DEPTH) return undefined;
    names.push(place.name);
    at = place.parentId;
  }
  return names.toReversed().join('/');
}

function placeOf({ base, cloud }: { base: BaseView; cloud: CloudOverlay }, id: CloudId) {
  const seen = cloud.get(id);
  if (seen?.t === 'present') return { name: seen.node.name, parentId: seen.node.parentId };
  const row = base.byCloudId(id);
  const parent = row && base.get(row.parent);
  return row && parent ? { name: row.cloudName, parentId: parent.cloudId } : undefined;
}
