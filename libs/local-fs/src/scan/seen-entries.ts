import type { LocalKey, LocalNode, Observed } from '@tideline/sync-core';
import { createLocalOverlayStore, type LocalOverlayStore } from '../journal/overlay-store.ts';
import { migrate } from '../journal/schema.ts';
import { openTemporaryDatabase } from '../spill/temporary-database.ts';
import type { SeenEntry } from './scan-protocol.ts';

/** So many entries of one scan are kept in memory; of more of them all are on the disk. */
const MAX_HELD = 50_000;

/** What a scan tells bit by bit, until it is folded into the journal: nothing of it may count before the scan is through. */
export class SeenEntries {
  readonly #maxHeld: number;
  #held = new Map<LocalKey, Observed<LocalNode>>();
  #spilled: LocalOverlayStore | null = null;

  constructor(maxHeld = MAX_HELD) {
    this.#maxHeld = maxHeld;
  }

  take(entries: readonly SeenEntry[], withdrawn: readonly LocalKey[]): void {
    const into = this.#spilled ?? this.#held;
    for (const [key, seen] of entries) into.set(key, seen);
    for (const key of withdrawn) into.delete(key);
    if (this.#held.size > this.#maxHeld) this.#spill();
  }

  all(): ReadonlyMap<LocalKey, Observed<LocalNode>> {
    return this.#spilled ?? this.#held;
  }

  #spill(): void {
    const db = openTemporaryDatabase();
    migrate(db);
    db.exec('BEGIN'); // and never committed: a transaction for each entry would take far longer
    this.#spilled = createLocalOverlayStore(db, 0);
    for (const [key, seen] of this.#held) this.#spilled.set(key, seen);
    this.#held = new Map();
  }
}
