import type { BaseNode, BaseView, CloudId, CloudNode, CloudOverlay, Observed } from '../model/tree.ts';
import type { CloudStep } from './cloud-step.ts';

/** The cloud side as it is known while a page is folded: base, the overlay on top, the page's own steps on top of that. */
export class CloudKnowledge {
  readonly #base: BaseView;
  readonly #overlay: CloudOverlay;
  readonly #steps = new Map<CloudId, CloudStep>();
  /** Nodes that a step or the overlay once told to be in a folder; may have left it since. */
  readonly #toldInside = new Map<CloudId, Set<CloudId>>();
  #overlayIsIndexed = false;

  constructor(base: BaseView, overlay: CloudOverlay) {
    this.#base = base;
    this.#overlay = overlay;
  }

  set(step: CloudStep): void {
    this.#steps.delete(step.id);
    this.#steps.set(step.id, step);
    if (step.seen !== 'equal' && step.seen.t === 'present') this.#index(step.seen.node);
  }

  /** Undefined: as base says. */
  seen(id: CloudId): Observed<CloudNode> | undefined {
    const step = this.#steps.get(id);
    if (!step) return this.#overlay.get(id);
    return step.seen === 'equal' ? undefined : step.seen;
  }

  steps(): CloudStep[] {
    return [...this.#steps.values()];
  }

  row(id: CloudId): BaseNode | undefined {
    return this.#base.byCloudId(id);
  }

  parentCloudId(row: BaseNode | undefined): CloudId | undefined {
    return row && this.#base.get(row.parent)?.cloudId;
  }

  /** Revision of the newest state that is known; undefined when the node is not known to exist. */
  rev(id: CloudId): number | undefined {
    const seen = this.seen(id);
    if (seen) return seen.t === 'present' ? seen.node.rev : undefined;
    return this.row(id)?.rev;
  }

  isFolder(id: CloudId): boolean {
    const seen = this.seen(id);
    return (seen?.t === 'present' ? seen.node.kind : this.row(id)?.kind) === 'folder';
  }

  /** Nodes that are known to be directly in the folder now, as far as anything is known of them. */
  *children(folder: CloudId): Generator<CloudId> {
    const row = this.row(folder);
    const inBase = new Set((row ? this.#base.children(row.id) : []).map((child) => child.cloudId));
    for (const id of inBase) if (this.seen(id) === undefined || this.#isToldInside(id, folder)) yield id;
    this.#indexOverlay();
    for (const id of this.#toldInside.get(folder) ?? []) {
      if (!inBase.has(id) && this.#isToldInside(id, folder)) yield id;
    }
  }

  #isToldInside(id: CloudId, folder: CloudId): boolean {
    const seen = this.seen(id);
    return seen?.t === 'present' && seen.node.parentId === folder;
  }

  /** Only when a folder goes, which is rare: the overlay can hold a million entries. */
  #indexOverlay(): void {
    if (this.#overlayIsIndexed) return;
    this.#overlayIsIndexed = true;
    for (const seen of this.#overlay.values()) if (seen.t === 'present') this.#index(seen.node);
  }

  #index(node: CloudNode): void {
    const inside = this.#toldInside.get(node.parentId);
    if (inside) inside.add(node.id);
    else this.#toldInside.set(node.parentId, new Set([node.id]));
  }
}
