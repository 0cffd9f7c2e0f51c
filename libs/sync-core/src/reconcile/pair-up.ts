import type { SyncPolicy } from '../model/policy.ts';
import { ROOT_ID, type BaseId, type CloudId, type LocalKey, type ThreeTrees } from '../model/tree.ts';
import { toLocalName } from '../naming/name-rules.ts';
import type { GoneFromCloud } from './gone-from-cloud.ts';
import { cloudNameFor } from './merge-both.ts';
import type { Scene } from './scene.ts';

type LocalPlace = { readonly parent: LocalKey; readonly name: string; readonly kind: 'file' | 'folder' };

/**
 * SY-4: what both sides have at one place without knowing of each other is one node. From the top down, because folders that
 * meet make places in them meet. Of two spellings here of one name there, a file of the same content comes first. The same for a node
 * that was deleted in the cloud and made anew at its place there.
 */
export function pairUp(
  scene: Scene,
  policy: SyncPolicy,
  { gone, keys }: { gone: GoneFromCloud; keys: readonly LocalKey[] },
): void {
  const candidates = newInCloud(scene.trees, policy, gone.ids);
  if (candidates.size === 0) return;
  const visited = new Set<LocalKey>();
  const remade = remadeRows(scene.trees, policy, gone);
  const second: [LocalKey, Candidate][] = [];
  const take = (key: LocalKey, match: Candidate): void => {
    if (match.taken) return;
    match.taken = true;
    scene.link(key, match.id);
  };
  const visit = (key: LocalKey): void => {
    if (key === ROOT_ID || visited.has(key)) return;
    visited.add(key);
    const place = placeOf(scene.trees, key);
    if (!place) return;
    visit(place.parent);
    if (key > 0 && !remade.has(key)) return;
    const parentId = scene.cloudIdOf(place.parent);
    const match = parentId === null ? undefined : candidates.get(slot(parentId, cloudNameOf(scene.trees, key, place)));
    if (match?.kind !== place.kind) return;
    if (isOtherContent(scene.trees, key, match)) second.push([key, match]);
    else take(key, match);
  };
  for (const key of keys) if (key < 0) visit(key);
  for (const id of remade) visit(id);
  for (const [key, match] of second) take(key, match);
}

function isOtherContent({ local }: ThreeTrees, key: LocalKey, { contentId }: Candidate): boolean {
  const seen = local.get(key);
  return seen?.t === 'present' && seen.node.kind === 'file' && seen.node.content?.contentId !== contentId;
}

/** In upload mode a file that was deleted in the cloud is always uploaded as a new one (UP-8); folders are merged (FI-3). */
function remadeRows({ base }: ThreeTrees, { mode }: SyncPolicy, gone: GoneFromCloud): ReadonlySet<BaseId> {
  const rows = mode === 'bidirectional' ? gone.rows : gone.rows.filter((id) => base.get(id)?.kind === 'folder');
  return new Set([...rows].sort((a, b) => a - b));
}

type Candidate = {
  readonly id: CloudId;
  readonly kind: 'file' | 'folder';
  readonly contentId: string | null;
  taken: boolean;
};

function newInCloud(trees: ThreeTrees, policy: SyncPolicy, gone: ReadonlySet<CloudId>): Map<string, Candidate> {
  const found = new Map<string, Candidate>();
  const mapped: [string, Candidate][] = [];
  for (const [id, seen] of trees.cloud) {
    if (seen.t !== 'present' || gone.has(id) || trees.base.byCloudId(id)) continue;
    const { parentId, name, kind, contentId } = seen.node;
    const candidate = { id, kind, contentId, taken: false };
    found.set(slot(parentId, name), candidate);
    const localName = toLocalName(name, policy.names);
    if (localName !== name) mapped.push([slot(parentId, localName), candidate]);
  }
  for (const [place, candidate] of mapped) if (!found.has(place)) found.set(place, candidate);
  return found;
}

function slot(parentId: CloudId, name: string): string {
  return `${parentId}/${name}`;
}

function placeOf({ base, local }: ThreeTrees, key: LocalKey): LocalPlace | undefined {
  const seen = local.get(key);
  if (seen) return seen.t === 'present' ? seen.node : undefined;
  const row = key > 0 ? base.get(key) : undefined;
  return row?.state === 'managed' ? { parent: row.parent, name: row.localName, kind: row.kind } : undefined;
}

function cloudNameOf({ base }: ThreeTrees, key: LocalKey, place: LocalPlace): string {
  return cloudNameFor(place.name, key > 0 ? base.get(key) : undefined);
}
