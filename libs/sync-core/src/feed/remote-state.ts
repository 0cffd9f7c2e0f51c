import type { ChangesAnswer, DriveNode, FeedItem } from '@tideline/contracts';
import {
  ROOT_ID,
  type BaseId,
  type BaseNode,
  type BaseView,
  type CloudId,
  type CloudNode,
  type CloudOverlay,
  type Observed,
} from '../model/tree.ts';
import type { TaskMeta } from '../ports/journal.ts';
import { CloudKnowledge } from './cloud-knowledge.ts';
import { absentStep, presentStep, unknownStep, type CloudStep } from './cloud-step.ts';

export type FeedContext = {
  readonly base: BaseView;
  readonly overlay: CloudOverlay;
  /** The task's cloud folder. */
  readonly rootId: CloudId;
  readonly nowMs: number;
};

type GoneReason = Extract<FeedItem, { type: 'gone' }>['gone'];

export type FeedFold = {
  readonly cloud: readonly CloudStep[];
  readonly meta: Pick<TaskMeta, 'cursor' | 'epoch'>;
  /** Folders whose content is not told item by item: to be listed and folded by `diffSubtree` before the cursor moves. */
  readonly toList: readonly CloudId[];
  /** The task's own folder went out of reach: nothing of the page may be used, the task pauses and deletes nothing. */
  readonly rootGone: GoneReason | null;
};

/**
 * Folds one page of the change feed into steps of the cloud overlay. Items are states: a repeated or stale one changes nothing
 * (D05), an echo of an own change is `equal` (D06). The page must be of the epoch that base was made in.
 */
export function foldFeed(page: ChangesAnswer, context: FeedContext): FeedFold {
  const { base, overlay, rootId, nowMs } = context;
  const meta = { cursor: page.cursor, epoch: page.epoch };
  const rootItem = page.items.findLast((item) => (item.type === 'gone' ? item.id : item.node.id) === rootId);
  if (rootItem?.type === 'gone') return { cloud: [], meta, toList: [], rootGone: rootItem.gone };

  const known = new CloudKnowledge(base, overlay);
  const toList: CloudId[] = [];
  const told: DriveNode[] = [];
  for (const item of page.items) {
    const gone = goneIn(item);
    if (gone) foldGone(gone, known, nowMs);
    if (gone || item.type === 'gone') continue;
    const isUnknown = isContentUnknown(item, known);
    if (!foldNode(item.node, known, context)) continue;
    told.push(item.node);
    if (isUnknown) toList.push(item.node.id);
  }
  const orphans = findOrphans(told, known, rootId);
  if (orphans.size === 0) return { cloud: known.steps(), meta, toList, rootGone: null };
  // the feed tells parents first, so a parent that nobody knows means that something was missed: look at everything again
  return { cloud: known.steps().filter((step) => !orphans.has(step.id)), meta, toList: [rootId], rootGone: null };
}

/**
 * A folder that came in, or back into sight, may hold what nobody told. The echo of an own move may not: nothing happened to the
 * folder between the revision that was known and this one.
 */
function isContentUnknown({ node, entered }: Extract<FeedItem, { type: 'node' }>, known: CloudKnowledge): boolean {
  if (node.kind !== 'folder') return false;
  return isOutOfSight(known.seen(node.id)) || (entered && known.rev(node.id) !== node.rev);
}

/** True when the item told something at least as new as what was known. */
function foldNode(node: DriveNode, known: CloudKnowledge, { rootId, nowMs }: FeedContext): boolean {
  if (node.id === rootId || node.rev < (known.rev(node.id) ?? 0)) return false;
  const row = known.row(node.id);
  const before = known.seen(node.id);
  known.set(presentStep(node, { row, parentCloudId: known.parentCloudId(row), before, nowMs }));
  return true;
}

type Gone = { readonly id: CloudId; readonly gone: GoneReason; readonly rev: number };

/** A node told to be in the bin is gone, too. */
function goneIn(item: FeedItem): Gone | undefined {
  if (item.type === 'gone') return item;
  return item.node.trashedAt === null ? undefined : { id: item.node.id, gone: 'trashed', rev: item.node.rev };
}

function isOutOfSight(seen: Observed<CloudNode> | undefined): boolean {
  return seen !== undefined && seen.t !== 'present';
}

/** What is in a folder goes with it, but not what has moved out of it before. */
function foldGone({ id, gone, rev }: Gone, known: CloudKnowledge, nowMs: number): void {
  const isStale = rev > 0 && rev < (known.rev(id) ?? 0); // 0: the server does not know the revision any more
  if (isStale) return;
  const waiting = [id];
  for (let next = waiting.pop(); next !== undefined; next = waiting.pop()) {
    if (known.isFolder(next)) for (const child of known.children(next)) waiting.push(child);
    const facts = { row: known.row(next), before: known.seen(next), nowMs };
    known.set(gone === 'revoked' ? unknownStep(next, 'revoked', facts) : absentStep(next, facts));
  }
}

function findOrphans(told: readonly DriveNode[], known: CloudKnowledge, rootId: CloudId): ReadonlySet<CloudId> {
  const orphans = new Set<CloudId>();
  const hasPlace = (node: DriveNode): boolean => {
    const parentId = node.parentId ?? node.id;
    if (parentId === rootId || isOutOfSight(known.seen(node.id))) return true;
    if (orphans.has(parentId)) return false;
    const seen = known.seen(parentId);
    return seen ? seen.t !== 'absent' : known.row(parentId) !== undefined;
  };
  // again until nothing changes: a child of an orphan is one, too, wherever it stands in the page
  for (let before = -1; before !== orphans.size;) {
    before = orphans.size;
    for (const node of told) if (!orphans.has(node.id) && !hasPlace(node)) orphans.add(node.id);
  }
  return orphans;
}

export type ListingContext = FeedContext & {
  /** Folders that the caller may not see: what base knows there is out of sight, not deleted. */
  readonly hidden?: ReadonlySet<CloudId>;
};

/**
 * Compares a complete, checked listing of the task's folder with base. Here absence is proven: what base knows and the listing
 * lacks is gone, unless it is known or told to be out of sight (D22). Steps are made one by one, each of another node, and may be
 * taken over as they come: millions of nodes are never held. They count together only.
 */
export function* diffListing(nodes: Iterable<DriveNode>, context: ListingContext): Generator<CloudStep, undefined> {
  const { base, overlay } = context;
  const listed = new Set<BaseId>();
  const notListed = new Set([...overlay.keys()].filter((id) => base.byCloudId(id) === undefined));
  for (const node of nodes) {
    if (node.id === context.rootId) continue;
    const row = base.byCloudId(node.id);
    if (row) listed.add(row.id);
    notListed.delete(node.id);
    yield* unlessKnown(stepOfListed(node, row, context), overlay);
  }
  for (const walked of walk(context)) {
    if (!listed.has(walked.row.id)) yield* unlessKnown(stepOfMissing(walked, context), overlay);
  }
  for (const id of notListed) yield { id, seen: 'equal' };
}

function unlessKnown(step: CloudStep, overlay: CloudOverlay): CloudStep[] {
  return step.seen === (overlay.get(step.id) ?? 'equal') ? [] : [step];
}

function stepOfListed(node: DriveNode, row: BaseNode | undefined, { base, overlay, nowMs }: ListingContext): CloudStep {
  const parentCloudId = row && base.get(row.parent)?.cloudId;
  return presentStep(node, { row, parentCloudId, before: overlay.get(node.id), nowMs });
}

/** What a listing says of a node of base that it lacks: out of sight, or gone. */
function stepOfMissing({ row, isHidden }: Walked, { overlay, nowMs, hidden }: ListingContext): CloudStep {
  const before = overlay.get(row.cloudId);
  // It may have been moved to where nothing is seen; with nothing hidden, what is not listed is not there.
  const mayBeHidden = before?.t === 'unknown' && before.why === 'revoked' && (hidden?.size ?? 0) > 0;
  const isOutOfReach = isHidden || mayBeHidden;
  const facts = { row, before, nowMs };
  return isOutOfReach ? unknownStep(row.cloudId, 'revoked', facts) : absentStep(row.cloudId, facts);
}

type Walked = {
  readonly row: NonNullable<ReturnType<BaseView['get']>>;
  readonly isHidden: boolean;
};

/** Every node of base below the root, folder by folder. */
function* walk({ base, hidden }: ListingContext): Generator<Walked> {
  const waiting = [{ id: ROOT_ID, isHidden: false }];
  for (let folder = waiting.pop(); folder; folder = waiting.pop()) {
    for (const row of base.children(folder.id)) {
      const isHidden = folder.isHidden || (hidden?.has(row.cloudId) ?? false);
      yield { row, isHidden };
      if (row.kind === 'folder') waiting.push({ id: row.id, isHidden });
    }
  }
}

/**
 * Folds the listing of a folder that entered the root (D20). It only adds: what has left such a folder is told by the feed
 * itself, and may have been moved elsewhere by the very page that asked for the listing.
 */
export function diffSubtree(
  nodes: Iterable<DriveNode>,
  { base, rootId, nowMs }: Omit<FeedContext, 'overlay'>,
): CloudStep[] {
  const steps: CloudStep[] = [];
  for (const node of nodes) {
    if (node.id === rootId) continue;
    const row = base.byCloudId(node.id);
    const parentCloudId = row && base.get(row.parent)?.cloudId;
    steps.push(presentStep(node, { row, parentCloudId, before: undefined, nowMs }));
  }
  return steps;
}
