import type { BatchOp, NodeId, OpId } from '@tideline/contracts';
import type { EntityManager } from 'typeorm';
import { v7 as uuidv7 } from 'uuid';
import type { SpaceKey } from '../drive/batch.store.ts';
import { listNamesLike, listOccupants, type Link, type Occupant, type Place } from './bin.store.ts';
import { findFreeName, numberedPrefix, splitName } from './free-name.ts';
import type { Home } from './home.ts';

export type Returning = { readonly link: Link; readonly home: Home };
export type PlannedRestore = {
  readonly nodeId: NodeId;
  readonly opId: OpId;
  readonly renamedFrom: string | null;
  /** Operations that make the folders of its path again. */
  readonly folderOpIds: readonly OpId[];
};
export type RestorePlan = { readonly ops: readonly BatchOp[]; readonly restores: readonly PlannedRestore[] };

type Folder = { readonly id: NodeId; readonly opIds: readonly OpId[]; readonly isNew: boolean };

/** Operations that bring nodes home: first the folders that are missing, then the nodes, under free names. */
export async function planRestore(
  manager: EntityManager,
  key: SpaceKey,
  nodes: readonly Returning[],
): Promise<RestorePlan> {
  const plan = new Planner(manager, key);
  const folders = await plan.findFolders(nodes.map((node) => node.home));
  return plan.placeNodes(nodes, folders);
}

class Planner {
  readonly #manager: EntityManager;
  readonly #key: SpaceKey;
  readonly #ops: BatchOp[] = [];
  /** Names that this plan gives, beside those that live nodes have. */
  readonly #given = new Set<string>();

  constructor(manager: EntityManager, key: SpaceKey) {
    this.#manager = manager;
    this.#key = key;
  }

  /** The folder at the end of each home, level by level; one question to the database for each level. */
  async findFolders(homes: readonly Home[]): Promise<Folder[]> {
    const found = new Map<string, Folder>();
    for (const { anchorId } of homes) found.set(pathKey(anchorId, []), { id: anchorId, opIds: [], isNew: false });
    const depth = Math.max(0, ...homes.map((home) => home.names.length));
    for (let level = 0; level < depth; level++) await this.#findLevel(homes, level, found);
    return homes.map((home) => getFolder(found, pathKey(home.anchorId, home.names)));
  }

  async placeNodes(nodes: readonly Returning[], folders: readonly Folder[]): Promise<RestorePlan> {
    const places = nodes.map((node, index) => ({ ...node, folder: folderAt(folders, index) }));
    const taken = await this.#listTaken(
      places
        .filter((place) => !place.folder.isNew)
        .map(({ folder, link }) => ({ folder, name: link.name, kind: link.kind })),
    );
    const restores = places.map(({ link, home, folder }) => {
      const name = this.#giveName({ ...link, parentId: folder.id }, taken);
      const opId = uuidv7() as OpId;
      const isHome = home.names.length === 0 && name === link.name;
      const to = isHome ? {} : { to: { parentId: folder.id, name } };
      this.#ops.push({ kind: 'restore', opId, nodeId: link.id, ...to });
      return { nodeId: link.id, opId, renamedFrom: name === link.name ? null : link.name, folderOpIds: folder.opIds };
    });
    return { ops: this.#ops, restores };
  }

  async #findLevel(homes: readonly Home[], level: number, found: Map<string, Folder>): Promise<void> {
    const wanted = new Map<string, { parent: Folder; name: string }>();
    for (const { anchorId, names } of homes) {
      const name = names[level];
      if (name === undefined) continue;
      const parent = getFolder(found, pathKey(anchorId, names.slice(0, level)));
      wanted.set(pathKey(anchorId, names.slice(0, level + 1)), { parent, name });
    }
    const asked = [...wanted.values()].filter(({ parent }) => !parent.isNew);
    const occupants = await this.#findOccupants(asked.map(({ parent, name }) => ({ parentId: parent.id, name })));
    const files = asked.filter(({ parent, name }) => occupants.get(placeKey(parent.id, name))?.kind === 'file');
    const taken = await this.#listTaken(
      files.map(({ parent, name }) => ({ folder: parent, name, kind: 'folder' as const })),
    );
    for (const [path, { parent, name }] of wanted) {
      const occupant = occupants.get(placeKey(parent.id, name));
      const isThere = occupant?.kind === 'folder';
      found.set(
        path,
        isThere ? { id: occupant.id, opIds: parent.opIds, isNew: false } : this.#make(parent, name, taken),
      );
    }
  }

  #make(parent: Folder, name: string, taken: ReadonlySet<string>): Folder {
    const opId = uuidv7() as OpId;
    const id = uuidv7() as NodeId;
    const free = this.#giveName({ parentId: parent.id, name, kind: 'folder' }, taken);
    this.#ops.push({ kind: 'createFolder', opId, nodeId: id, parentId: parent.id, name: free });
    return { id, opIds: [...parent.opIds, opId], isNew: true };
  }

  #giveName(wanted: Place & { readonly kind: 'file' | 'folder' }, taken: ReadonlySet<string>): string {
    const isTaken = (name: string) => {
      const place = placeKey(wanted.parentId, name);
      return taken.has(place) || this.#given.has(place);
    };
    const name = isTaken(wanted.name) ? findFreeName(splitName(wanted.name, wanted.kind), isTaken) : wanted.name;
    this.#given.add(placeKey(wanted.parentId, name));
    return name;
  }

  /** Of the wanted names, those that live nodes have, and all numbered ones that could stand in for them. */
  async #listTaken(
    wanted: readonly { readonly folder: Folder; readonly name: string; readonly kind: 'file' | 'folder' }[],
  ): Promise<Set<string>> {
    const places = wanted.map(({ folder, name }) => ({ parentId: folder.id, name }));
    const occupied = await listOccupants(this.#manager, this.#key, places);
    // Two of the same name in one plan clash with each other, though nobody has the name yet.
    const twice = places.filter((place, index) => places.findIndex((other) => isSame(other, place)) < index);
    const clashing = new Set([...occupied, ...twice].map((place) => placeKey(place.parentId, place.name)));
    const prefixes = wanted
      .filter(({ folder, name }) => clashing.has(placeKey(folder.id, name)))
      .map(({ folder, name, kind }) => ({ parentId: folder.id, prefix: numberedPrefix(splitName(name, kind)) }));
    const numbered = await listNamesLike(this.#manager, this.#key, prefixes);
    return new Set([...occupied, ...numbered].map((place) => placeKey(place.parentId, place.name)));
  }

  async #findOccupants(places: readonly Place[]): Promise<Map<string, Occupant>> {
    const found = await listOccupants(this.#manager, this.#key, places);
    return new Map(found.map((each) => [placeKey(each.parentId, each.name), each]));
  }
}

function isSame(one: Place, other: Place): boolean {
  return one.parentId === other.parentId && one.name === other.name;
}

function getFolder(found: ReadonlyMap<string, Folder>, path: string): Folder {
  const folder = found.get(path);
  if (!folder) throw new Error('a path whose parent was not looked for');
  return folder;
}

function folderAt(folders: readonly Folder[], index: number): Folder {
  const folder = folders[index];
  if (!folder) throw new Error('a node without its folder');
  return folder;
}

/** Names hold neither `/` nor NUL. */
function pathKey(anchorId: string, names: readonly string[]): string {
  return [anchorId, ...names].join('/');
}

function placeKey(parentId: string, name: string): string {
  return `${parentId}/${name}`;
}
