import type { SyncPolicy } from '../model/policy.ts';
import type { BaseNode } from '../model/tree.ts';
import { isOneSpelling, toCloudName, toLocalName } from '../naming/name-rules.ts';
import type { SyncRule } from './rules.ts';
import { NOWHERE, type CloudState, type Facts, type LocalState } from './scene-types.ts';
import type { Kept, Target } from './target.ts';

type Seen<S> = Extract<S, { t: 'present' }>;
type Sides = { readonly local: Seen<LocalState>; readonly cloud: Seen<CloudState>; readonly row: BaseNode | undefined };
type PlaceMerge = Pick<Kept, 'parent' | 'localName' | 'cloudName' | 'placedBy'>;

/** What a node of a bidirectional task shall be, by itself: existence, place and content, each merged by the three-way rule. */
export function mergeBoth(facts: Facts, policy: SyncPolicy): Target {
  const { local, cloud } = facts;
  if (isUnclear(facts)) return { t: 'frozen', rule: 'SY-14' };
  // A detached row says nothing about what was equal: there is no common ancestor.
  const row = facts.row?.state === 'managed' ? facts.row : undefined;
  if (local.t === 'present' && cloud.t === 'present') return mergePresent({ local, cloud, row }, facts, policy);
  return mergeExistence(facts, row, policy);
}

function isUnclear({ local, cloud }: Facts): boolean {
  if (local.t === 'unknown' || cloud.t === 'unknown') return true;
  return cloud.t === 'present' && cloud.parent === NOWHERE;
}

function mergeExistence(facts: Facts, row: BaseNode | undefined, policy: SyncPolicy): Target {
  const kept = keptByOneSide(facts, policy);
  if (!kept) return { t: 'gone', rule: 'SY-9' };
  if (!row) return { ...kept, rule: 'SY-2' };
  if (policy.recovery) return { ...kept, rule: 'SY-16' };
  if (isChanged(facts, row)) return { ...kept, rule: 'SY-7' };
  return { t: 'gone', rule: 'SY-8' };
}

/** Stays where the side that has it put it. Also how a folder stays that was deleted, for the sake of what it holds. */
export function keptByOneSide({ local, cloud, row }: Facts, policy: SyncPolicy): (Kept & { rule: SyncRule }) | null {
  if (cloud.t === 'present') {
    return { t: 'kept', rule: 'SY-10', ...placeThere(cloud, row, policy), placedBy: 'cloud', content: 'cloud' };
  }
  if (local.t !== 'present') return null;
  return { t: 'kept', rule: 'SY-10', ...placeHere(local, row), placedBy: 'local', content: 'local' };
}

function placeHere({ parent, name }: Seen<LocalState>, row: BaseNode | undefined): Omit<PlaceMerge, 'placedBy'> {
  return { parent, localName: name, cloudName: cloudNameFor(name, row) };
}

export function placeThere(
  { parent, name }: Seen<CloudState>,
  row: BaseNode | undefined,
  policy: SyncPolicy,
): Omit<PlaceMerge, 'placedBy'> {
  return { parent, localName: localNameFor(name, row, policy), cloudName: name };
}

function isChanged({ local, cloud }: Facts, row: BaseNode): boolean {
  if (cloud.t === 'present') return isEdited(cloud, row) || isMovedInCloud(cloud, row);
  return local.t === 'present' && (isEdited(local, row) || isMovedHere(local, row));
}

export function isEdited(side: { contentId: string | null }, row: BaseNode): boolean {
  return side.contentId !== row.contentId;
}

/** Another spelling of its name is no move: HFS+ gives back decomposed what it was given, and a delete must not lose to that. */
export function isMovedHere(local: Seen<LocalState>, row: BaseNode): boolean {
  return local.parent !== row.parent || !isOneSpelling(local.name, row.localName);
}

/** At the very name that base has; what is spelled anew has to be written down. */
export function isWhereBaseHasIt(local: Seen<LocalState>, row: BaseNode): boolean {
  return local.parent === row.parent && local.name === row.localName;
}

export function isMovedInCloud(cloud: Seen<CloudState>, row: BaseNode): boolean {
  return cloud.parent !== row.parent || cloud.name !== row.cloudName;
}

function mergePresent(sides: Sides, facts: Facts, policy: SyncPolicy): Target {
  const place = mergePlace(sides, policy);
  const content = facts.kind === 'folder' ? ({ content: 'same', rule: 'SY-4' } as const) : mergeContent(sides, policy);
  return { t: 'kept', ...place, content: content.content, rule: ruleOf(sides, place, content) };
}

type ContentMerge = { readonly content: Kept['content']; readonly rule: SyncRule };

/** Rules of content that say more than where the place came from. */
const SPOKEN: ReadonlySet<SyncRule> = new Set(['SY-6', 'SY-15', 'SY-16']);

function ruleOf(sides: Sides, place: PlaceMerge, content: ContentMerge): SyncRule {
  const { row } = sides;
  if (!row || SPOKEN.has(content.rule)) return content.rule;
  if (place.placedBy === 'both') return content.content === 'same' ? content.rule : 'SY-2';
  if (place.placedBy === 'cloud' && isMovedHere(sides.local, row)) return 'SY-5';
  return content.content === 'same' || content.content === place.placedBy ? 'SY-2' : 'SY-3';
}

/** SY-3, SY-5: the side that moved it says where; when both did, the cloud. */
function mergePlace({ local, cloud, row }: Sides, policy: SyncPolicy): PlaceMerge {
  const here = placeHere(local, row);
  const there = placeThere(cloud, row, policy);
  if (here.parent === there.parent && (here.cloudName === there.cloudName || here.localName === there.localName)) {
    return { parent: here.parent, localName: local.name, cloudName: cloud.name, placedBy: 'both' };
  }
  if (row && !isMovedInCloud(cloud, row)) return { ...here, placedBy: 'local' };
  return { ...there, placedBy: 'cloud' };
}

/**
 * A name that was not changed here keeps the name it has there, mapped or not. Nor is another spelling of it a change: a disk that
 * decomposes names would otherwise carry every mapped one of them into the cloud (SY-18).
 */
export function cloudNameFor(localName: string, row: BaseNode | undefined): string {
  if (row && isOneSpelling(row.localName, localName)) return row.cloudName;
  return toCloudName(localName) ?? localName;
}

function mergeContent({ local, cloud, row }: Sides, policy: SyncPolicy): ContentMerge {
  if (local.contentId === cloud.contentId) return { content: 'same', rule: 'SY-4' };
  if (policy.recovery) return recoverContent({ local, cloud, row }, policy);
  if (row && !isEdited(cloud, row)) return { content: 'local', rule: 'SY-2' };
  if (row && !isEdited(local, row)) return { content: 'cloud', rule: 'SY-2' };
  if (!row && policy.firstSync) return { content: 'local', rule: 'SY-15' };
  return { content: policy.conflict === 'version' ? 'local' : 'conflict', rule: 'SY-6' };
}

/**
 * SY-16: a server restored from a backup is older than what we last saw, and gets ours as a version. What the cloud has as an older
 * version is the older one, and an edit made here on top of what the cloud still holds is no conflict. Everything else is kept
 * twice, because nobody can tell which is newer.
 */
function recoverContent({ local, cloud, row }: Sides, policy: SyncPolicy): ContentMerge {
  const isOlder = row !== undefined && cloud.node.rev < row.rev;
  const isUntouched = row !== undefined && !isEdited(cloud, row);
  if (isOlder) return { content: 'local', rule: 'SY-16' };
  if (isOlderVersion(local, cloud, policy)) return { content: row ? 'cloud' : 'older', rule: 'SY-16' };
  return { content: isUntouched ? 'local' : 'conflict', rule: 'SY-16' };
}

/** FI-4: the bytes here are in the node's history, and safe there. */
export function isOlderVersion(local: Seen<LocalState>, cloud: Seen<CloudState>, { isKept }: SyncPolicy): boolean {
  return local.contentId !== null && isKept?.(cloud.node.id, local.contentId) === true;
}

/** The name on this device of a node whose place the cloud decides; clashes with other names are found later. */
export function localNameFor(cloudName: string, row: BaseNode | undefined, policy: SyncPolicy): string {
  return row?.cloudName === cloudName ? row.localName : toLocalName(cloudName, policy.names);
}
