import type { SyncMode } from '@tideline/contracts';
import type { BaseNode, CloudNode, LocalKey, LocalNode, Observed, ThreeTrees } from '../model/tree.ts';
import type { IsTooLarge } from './compile-filter.ts';

/**
 * Which files are too large for the task. A side that has the file votes with what it has now; one from which it is gone has no
 * vote, so that nothing is deleted because of a size. In upload mode the disk alone decides, and what it had last: what others
 * wrote there does not come.
 */
export class Sizes {
  readonly #trees: ThreeTrees;
  readonly #isTooLarge: IsTooLarge;
  readonly #mode: SyncMode;

  constructor(trees: ThreeTrees, isTooLarge: IsTooLarge, mode: SyncMode) {
    this.#trees = trees;
    this.#isTooLarge = isTooLarge;
    this.#mode = mode;
  }

  isRowOut(key: LocalKey): boolean {
    const row = key > 0 ? this.#trees.base.get(key) : undefined;
    if (row?.kind !== 'file' || row.state !== 'managed') return false;
    const here = this.#trees.local.get(key);
    if (this.#mode === 'upload') return this.#isOut(here?.t === 'absent' ? undefined : here, row);
    return this.#isOut(here, row) || this.#isOut(this.#trees.cloud.get(row.cloudId), row);
  }

  /** Of what base does not know. */
  isSeenOut(seen: Observed<LocalNode> | Observed<CloudNode>): boolean {
    return seen.t === 'present' && seen.node.kind === 'file' && this.#isTooLarge(sizeOf(seen.node));
  }

  #isOut(seen: Observed<LocalNode> | Observed<CloudNode> | undefined, row: BaseNode): boolean {
    return seen ? this.isSeenOut(seen) : this.#isTooLarge(row.size ?? 0);
  }
}

function sizeOf(node: LocalNode | CloudNode): number {
  return 'sig' in node ? (node.content?.size ?? node.sig.size) : (node.size ?? 0);
}
