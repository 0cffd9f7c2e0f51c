import type { EntityManager } from 'typeorm';
import type { SpaceKey } from '../drive/batch.store.ts';
import { listNamesLike, listOccupants, type Place } from './bin.store.ts';
import { findFreeName, numberedPrefix, splitName } from './free-name.ts';

export type WantedPlace = Place & { readonly kind: 'file' | 'folder' };

/** Gives nodes the names they want, or numbered ones where those are taken; two of its nodes never get the same place. */
export class NameGiver {
  readonly #manager: EntityManager;
  readonly #key: SpaceKey;
  readonly #taken = new Set<string>();

  constructor(manager: EntityManager, key: SpaceKey) {
    this.#manager = manager;
    this.#key = key;
  }

  /** Learns what live nodes have of the wanted places; two questions for all of them. Folders yet to be made need none. */
  async look(wanted: readonly WantedPlace[]): Promise<void> {
    const occupied = await listOccupants(this.#manager, this.#key, wanted);
    // Two that want the same place clash with each other, though nobody has it yet.
    const asked = new Set<string>();
    const twice = wanted.filter((place) => asked.has(placeKey(place)) || !asked.add(placeKey(place)));
    const clashing = new Set([...occupied, ...twice].map(placeKey));
    const prefixes = wanted
      .filter((place) => clashing.has(placeKey(place)))
      .map(({ parentId, name, kind }) => ({ parentId, prefix: numberedPrefix(splitName(name, kind)) }));
    const numbered = await listNamesLike(this.#manager, this.#key, prefixes);
    for (const place of [...occupied, ...numbered]) this.#taken.add(placeKey(place));
  }

  give({ parentId, name, kind }: WantedPlace): string {
    const isTaken = (free: string) => this.#taken.has(placeKey({ parentId, name: free }));
    const given = isTaken(name) ? findFreeName(splitName(name, kind), isTaken) : name;
    this.#taken.add(placeKey({ parentId, name: given }));
    return given;
  }
}

/** Names hold no `/`. */
export function placeKey(place: Place): string {
  return `${place.parentId}/${place.name}`;
}
