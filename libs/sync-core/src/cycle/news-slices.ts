import type { SyncMode } from '@tideline/contracts';
import {
  ROOT_ID,
  type BaseId,
  type CloudId,
  type CloudNode,
  type LocalKey,
  type LocalNode,
  type Observed,
  type ThreeTrees,
} from '../model/tree.ts';
import type { Journal, OverlayEntries } from '../ports/journal.ts';

/** A slice is full with so many entries; the last folder is taken whole. */
export const NEWS_AT_ONCE = 25_000;

/**
 * Large numbers of new nodes, a slice at a time: those that stand directly in folders in which nothing else happens, from the top
 * down. To a decision everything outside of its slice equals base, and for what it decides about that is so: such a folder, the
 * folders above it and what base has in it are on both sides as base says, and whatever is new in it is in the same slice. So a
 * slice comes to what the whole would come to, and as it tells of nothing gone, it deletes nothing.
 */
export class NewsSlices {
  readonly #journal: Journal;
  readonly #atOnce: number;
  readonly #open: BaseId[];
  readonly #passed = new Set<BaseId>();
  #taken: BaseId[] = [];

  constructor(journal: Journal, mode: SyncMode, atOnce: number) {
    this.#journal = journal;
    this.#atOnce = atOnce;
    this.#open = isLarge(journal, mode, atOnce)
      ? [...journal.foldersWithNews(mode === 'upload' ? 'local' : 'both')]
      : [];
  }

  /** To be asked for when the slice before was carried out: folders that it linked are looked into next. Null: no more. */
  next(): ThreeTrees | null {
    this.#openTaken();
    const { base } = this.#journal;
    const local = new Map<LocalKey, Observed<LocalNode>>();
    const cloud = new Map<CloudId, Observed<CloudNode>>();
    for (let id = this.#open.pop(); id !== undefined; id = this.#open.pop()) {
      const inside = this.#look(id);
      for (const [key, seen] of inside.local) local.set(key, seen);
      for (const [cloudId, seen] of inside.cloud) cloud.set(cloudId, seen);
      if (local.size + cloud.size > this.#atOnce) break;
    }
    return local.size + cloud.size > 0 ? { base, local, cloud, cloudSeq: this.#journal.meta().seq } : null;
  }

  #openTaken(): void {
    for (const id of this.#taken.splice(0)) {
      for (const { id: child, kind } of this.#journal.base.children(id)) if (kind === 'folder') this.#open.push(child);
    }
  }

  /** What is new in a folder; nothing where something else happens, too: that is left to the decision about the whole. */
  #look(id: BaseId): OverlayEntries {
    if (this.#passed.has(id)) return NOTHING;
    this.#passed.add(id);
    if (!this.#isInPlace(id)) return NOTHING;
    this.#taken.push(id);
    const inside = this.#journal.seenInside(id);
    return this.#isAllNew(inside) && this.#isBaseUntouched(id) ? inside : NOTHING;
  }

  #isInPlace(id: BaseId): boolean {
    const { base } = this.#journal;
    for (let at = id; at !== ROOT_ID;) {
      const row = base.get(at);
      if (row?.state !== 'managed' || this.#isTouched(row)) return false;
      at = row.parent;
    }
    return true;
  }

  #isAllNew({ local, cloud }: OverlayEntries): boolean {
    const { base } = this.#journal;
    return local.every(([key]) => key < 0) && cloud.every(([id]) => base.byCloudId(id) === undefined);
  }

  #isBaseUntouched(folder: BaseId): boolean {
    return !this.#journal.base.children(folder).some((row) => this.#isTouched(row));
  }

  #isTouched({ id, cloudId }: { readonly id: BaseId; readonly cloudId: CloudId }): boolean {
    return this.#journal.localOverlay().has(id) || this.#journal.cloudOverlay().has(cloudId);
  }
}

const NOTHING: OverlayEntries = { local: [], cloud: [] };

/** In upload mode what others put into the cloud stays in its overlay for good: that is no work. */
function isLarge(journal: Journal, mode: SyncMode, atOnce: number): boolean {
  const inCloud = mode === 'upload' ? 0 : journal.cloudOverlay().size;
  return journal.localOverlay().size + inCloud > 2 * atOnce;
}
