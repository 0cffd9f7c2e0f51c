import type { BaseId, BaseNode } from '@tideline/sync-core/tree';

/** Names held at most, and of one folder: in larger ones each name is looked up. */
const MAX_NAMES = 50_000;
const MAX_NAMES_OF_FOLDER = 2000;
/** To look up so many names one by one takes less than to read all of a folder. */
const FEW_ASKED = 8;

export type NameSource = (parent: BaseId, limit: number) => readonly string[];

/**
 * Says of names that a folder in base certainly has none of them: a decision about thousands of new files asks that of each.
 * Holds at least the names that are there, so a name it knows is still to be looked up. Right while every write is told.
 */
export class NamesInFolder {
  readonly #source: NameSource;
  readonly #names = new Map<BaseId, Set<string> | null>();
  #count = 0;
  /** How many names were asked for in folders whose names are not held (yet). */
  readonly #asked = new Map<BaseId, number>();

  readonly #fewAsked: number;

  constructor(source: NameSource, fewAsked = FEW_ASKED) {
    this.#source = source;
    this.#fewAsked = fewAsked;
  }

  mayHave(parent: BaseId, name: string): boolean {
    const known = this.#names.get(parent);
    if (known === undefined && this.#isSeldomAsked(parent)) return true;
    const names = known === undefined ? this.#load(parent) : known;
    return names === null || names.has(name);
  }

  /** Ten thousand changes all over a large tree: some names of each of ten thousand folders. */
  #isSeldomAsked(parent: BaseId): boolean {
    const asked = (this.#asked.get(parent) ?? 0) + 1;
    if (this.#asked.size >= MAX_NAMES) this.#asked.clear();
    this.#asked.set(parent, asked);
    return asked <= this.#fewAsked;
  }

  written(rows: readonly Pick<BaseNode, 'parent' | 'localName' | 'cloudName'>[]): void {
    for (const { parent, localName, cloudName } of rows) {
      const names = this.#names.get(parent);
      names?.add(localName).add(cloudName);
    }
  }

  clear(): void {
    this.#names.clear();
    this.#count = 0;
  }

  /** Null: too many to be held. */
  #load(parent: BaseId): Set<string> | null {
    const found = this.#source(parent, MAX_NAMES_OF_FOLDER + 1);
    const names = found.length > MAX_NAMES_OF_FOLDER ? null : new Set(found);
    this.#count += 1 + (names?.size ?? 0);
    if (this.#count > MAX_NAMES) this.clear();
    this.#names.set(parent, names);
    return names;
  }
}
