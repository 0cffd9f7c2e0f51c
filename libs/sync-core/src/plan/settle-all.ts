import type { Op } from '../model/plan.ts';
import type { BaseId, BaseNode, CloudId, CloudNode, LocalKey, LocalNode, Observed } from '../model/tree.ts';
import type { Advance } from '../ports/journal.ts';
import { settle, type Done, type SettledTrees } from './settle.ts';

export type Settled = { readonly op: Op; readonly done: Done };

/** `settle` for operations that were done one after another, as one step forward of the journal. */
export function settleAll(trees: SettledTrees, steps: readonly Settled[]): Advance {
  const patched = new PatchedTrees(trees);
  for (const { op, done } of steps) patched.apply(settle(patched, op, done));
  return patched.advance();
}

/** The journal as it will be after what was settled so far. */
class PatchedTrees implements SettledTrees {
  readonly #trees: SettledTrees;
  readonly #rows = new Map<BaseId, BaseNode | null>();
  readonly #byCloudId = new Map<CloudId, BaseId>();
  readonly #childrenOf = new Map<BaseId, Set<BaseId>>();
  readonly #adopted = new Map<LocalKey, BaseId>();
  readonly #local = new Map<LocalKey, Observed<LocalNode> | 'equal'>();
  readonly #cloud = new Map<CloudId, Observed<CloudNode> | 'equal'>();
  readonly #finished: string[] = [];

  constructor(trees: SettledTrees) {
    this.#trees = trees;
  }

  readonly base = {
    get: (id: BaseId): BaseNode | undefined => this.#row(id),
    byCloudId: (id: CloudId): BaseNode | undefined => this.#rowOf(id),
    children: (parent: BaseId): readonly BaseNode[] => this.#children(parent),
  };
  readonly local = {
    get: (key: LocalKey): Observed<LocalNode> | undefined => this.#localEntry(key),
  };
  readonly cloud = {
    get: (id: CloudId): Observed<CloudNode> | undefined => this.#cloudEntry(id),
    has: (id: CloudId): boolean => this.#cloudEntry(id) !== undefined,
  };

  apply(step: Advance): void {
    this.#applyToBase(step);
    this.#applyToOverlays(step);
    this.#finished.push(...(step.finished ?? []));
  }

  #applyToBase({ rows = [], forget = [], adopt = [] }: Advance): void {
    for (const id of forget) this.#rows.set(id, null);
    for (const row of rows) this.#put(row);
    for (const { key, id } of adopt) this.#adopted.set(key, id);
  }

  #applyToOverlays({ adopt = [], local = [], cloud = [] }: Advance): void {
    for (const { key } of adopt) this.#local.set(key, 'equal');
    for (const { key, seen } of local) this.#local.set(key, seen);
    for (const { id, seen } of cloud) this.#cloud.set(id, seen);
  }

  advance(): Advance {
    const rows = [...this.#rows.values()].filter((row) => row !== null);
    const forget = [...this.#rows].filter(([, row]) => row === null).map(([id]) => id);
    return {
      rows,
      forget,
      adopt: [...this.#adopted].map(([key, id]) => ({ key, id })),
      local: [...this.#local].filter(([key]) => !this.#adopted.has(key)).map(([key, seen]) => ({ key, seen })),
      cloud: [...this.#cloud].map(([id, seen]) => ({ id, seen })),
      finished: this.#finished,
    };
  }

  #put(row: BaseNode): void {
    this.#rows.set(row.id, row);
    this.#byCloudId.set(row.cloudId, row.id);
    this.#childrenOf.set(row.parent, (this.#childrenOf.get(row.parent) ?? new Set()).add(row.id));
  }

  #row(id: BaseId): BaseNode | undefined {
    const known = this.#rows.get(id);
    return known === undefined ? this.#trees.base.get(id) : (known ?? undefined);
  }

  #rowOf(cloudId: CloudId): BaseNode | undefined {
    const id = this.#byCloudId.get(cloudId) ?? this.#trees.base.byCloudId(cloudId)?.id;
    const row = id === undefined ? undefined : this.#row(id);
    return row?.cloudId === cloudId ? row : undefined;
  }

  #children(parent: BaseId): readonly BaseNode[] {
    const before = this.#trees.base.children(parent).filter((row) => !this.#rows.has(row.id));
    const since = [...(this.#childrenOf.get(parent) ?? [])].flatMap((id) => this.#row(id) ?? []);
    return [...before, ...since.filter((row) => row.parent === parent)];
  }

  #localEntry(key: LocalKey): Observed<LocalNode> | undefined {
    const seen = this.#local.get(key) ?? this.#trees.local.get(key);
    if (seen === undefined || seen === 'equal' || seen.t !== 'present') return seen === 'equal' ? undefined : seen;
    const parent = this.#adopted.get(seen.node.parent);
    return parent === undefined ? seen : { ...seen, node: { ...seen.node, parent } };
  }

  #cloudEntry(id: CloudId): Observed<CloudNode> | undefined {
    const seen = this.#cloud.get(id) ?? this.#trees.cloud.get(id);
    return seen === 'equal' ? undefined : seen;
  }
}
