import type { Boundary } from './access.service.ts';

/** Fewer are as quickly decided as looked up. */
const MIN_KEPT = 100;
/** Of all callers together; a boundary takes about half a kilobyte. */
const MAX_BOUNDARIES = 50_000;

type Entry = { readonly revision: string; readonly boundaries: readonly Boundary[] };

/**
 * Boundaries of callers with very many grants, as long as nothing they follow from has changed. The revision says what that is; it
 * is read in the transaction that uses the answer, so that a right taken away counts at once, whichever console took it.
 */
export class BoundaryCache {
  readonly #entries = new Map<string, Entry>();
  #size = 0;

  find(key: string, revision: string): readonly Boundary[] | undefined {
    const entry = this.#entries.get(key);
    if (entry?.revision !== revision) return undefined;
    this.#entries.delete(key); // to the end: the one unused for longest goes first
    this.#entries.set(key, entry);
    return entry.boundaries;
  }

  keep(key: string, revision: string, boundaries: readonly Boundary[]): void {
    this.#remove(key);
    if (boundaries.length < MIN_KEPT || boundaries.length > MAX_BOUNDARIES) return;
    this.#entries.set(key, { revision, boundaries });
    this.#size += boundaries.length;
    for (const oldest of this.#entries.keys()) {
      if (this.#size <= MAX_BOUNDARIES) return;
      this.#remove(oldest);
    }
  }

  #remove(key: string): void {
    this.#size -= this.#entries.get(key)?.boundaries.length ?? 0;
    this.#entries.delete(key);
  }
}
