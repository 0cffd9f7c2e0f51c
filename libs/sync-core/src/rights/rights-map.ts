import type { Atom } from '@tideline/contracts';
import type { CloudOp } from '../model/plan.ts';
import type { BaseView, CloudId, CloudOverlay } from '../model/tree.ts';

/** What the person may do in a folder, and below it up to the next boundary (PE-1). */
export type Boundary = { readonly nodeId: CloudId; readonly atoms: readonly Atom[] };

type Trees = { readonly base: BaseView; readonly cloud: CloudOverlay };

/** Rights at any cloud node: those of the nearest boundary above it. Where no boundary is found, the server is left to decide. */
export class RightsMap {
  readonly #trees: Trees;
  readonly #boundaries: ReadonlyMap<CloudId, ReadonlySet<Atom>>;
  /** Where folders come to stand that are still to be made. */
  readonly #coming: ReadonlyMap<CloudId, CloudId>;
  readonly #found = new Map<CloudId, ReadonlySet<Atom> | null>();

  constructor(trees: Trees, boundaries: readonly Boundary[], ops: readonly CloudOp[]) {
    this.#trees = trees;
    this.#boundaries = new Map(boundaries.map(({ nodeId, atoms }) => [nodeId, new Set(atoms)]));
    const made = ops.flatMap((op) => (op.op === 'cloudCreateFolder' ? [[op.cloudId, op.parentCloudId] as const] : []));
    this.#coming = new Map(made);
  }

  allows(cloudId: CloudId, atom: Atom): boolean {
    return this.#atomsAt(cloudId)?.has(atom) ?? true;
  }

  /** Whether something of the folder's own stands in the way: its rights go along wherever it goes. */
  isBoundary(cloudId: CloudId): boolean {
    return this.#boundaries.has(cloudId);
  }

  isBoundaryWithout(cloudId: CloudId, atom: Atom): boolean {
    return this.#boundaries.get(cloudId)?.has(atom) === false;
  }

  /** Whether a folder below it, of those whose rights are known, is without it. */
  isWithoutBelow(cloudId: CloudId, atom: Atom): boolean {
    return [...this.#boundaries].some(
      ([id, atoms]) => !atoms.has(atom) && id !== cloudId && this.#isBelow(id, cloudId),
    );
  }

  #isBelow(id: CloudId, folderId: CloudId): boolean {
    const passed = new Set<CloudId>();
    let at: CloudId | undefined = id;
    while (at !== undefined && at !== folderId && !passed.has(at)) {
      passed.add(at);
      at = this.#above(at);
    }
    return at === folderId;
  }

  #atomsAt(cloudId: CloudId): ReadonlySet<Atom> | null {
    const passed: CloudId[] = [];
    let atoms: ReadonlySet<Atom> | null | undefined;
    // A loop of parents, which only broken observations make, ends where it closes.
    for (let at: CloudId | undefined = cloudId; at !== undefined && atoms === undefined; at = this.#above(at)) {
      if (passed.includes(at)) break;
      atoms = this.#boundaries.get(at) ?? this.#found.get(at);
      passed.push(at);
    }
    for (const id of passed) this.#found.set(id, atoms ?? null);
    return atoms ?? null;
  }

  #above(cloudId: CloudId): CloudId | undefined {
    const coming = this.#coming.get(cloudId);
    if (coming !== undefined) return coming;
    const seen = this.#trees.cloud.get(cloudId);
    if (seen?.t === 'present') return seen.node.parentId;
    const row = this.#trees.base.byCloudId(cloudId);
    const parent = row && this.#trees.base.get(row.parent);
    return parent?.id === row?.id ? undefined : parent?.cloudId;
  }
}
