import type { BatchOp, NodeId, OpId } from '@tideline/contracts';
import type { EntityManager } from 'typeorm';
import { v7 as uuidv7 } from 'uuid';
import type { SpaceKey } from '../drive/batch.store.ts';
import { listOccupants, type Link, type Occupant, type Place } from './bin.store.ts';
import type { Home } from './home.ts';
import { NameGiver, placeKey } from './name-giver.ts';

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
  readonly #names: NameGiver;

  constructor(manager: EntityManager, key: SpaceKey) {
    this.#manager = manager;
    this.#key = key;
    this.#names = new NameGiver(manager, key);
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
    const wanted = places.map(({ link, folder }) => ({
      parentId: folder.id,
      name: link.name,
      kind: link.kind,
      folder,
    }));
    await this.#names.look(wanted.filter((place) => !place.folder.isNew));
    const restores = places.map(({ link, home, folder }) => {
      const name = this.#names.give({ parentId: folder.id, name: link.name, kind: link.kind });
      const opId = uuidv7() as OpId;
      const isHome = home.names.length === 0 && name === link.name;
      const to = isHome ? {} : { to: { parentId: folder.id, name } };
      this.#ops.push({ kind: 'restore', opId, nodeId: link.id, ...to });
      return { nodeId: link.id, opId, renamedFrom: name === link.name ? null : link.name, folderOpIds: folder.opIds };
    });
    return { ops: this.#ops, restores };
  }

  async #findLevel(homes: readonly Home[], level: number, found: Map<string, Folder>): Promise<void> {
    const wanted = new Map<string, { parent: Folder; place: Place }>();
    for (const { anchorId, names } of homes) {
      const name = names[level];
      if (name === undefined) continue;
      const parent = getFolder(found, pathKey(anchorId, names.slice(0, level)));
      wanted.set(pathKey(anchorId, names.slice(0, level + 1)), { parent, place: { parentId: parent.id, name } });
    }
    const asked = [...wanted.values()].filter(({ parent }) => !parent.isNew).map(({ place }) => place);
    const occupants = await this.#findOccupants(asked);
    const files = asked.filter((place) => occupants.get(placeKey(place))?.kind === 'file');
    await this.#names.look(files.map((place) => ({ ...place, kind: 'folder' as const })));
    for (const [path, { parent, place }] of wanted) {
      const occupant = occupants.get(placeKey(place));
      const isThere = occupant?.kind === 'folder';
      found.set(path, isThere ? { ...parent, id: occupant.id, isNew: false } : this.#make(parent, place));
    }
  }

  #make(parent: Folder, place: Place): Folder {
    const opId = uuidv7() as OpId;
    const id = uuidv7() as NodeId;
    const name = this.#names.give({ ...place, kind: 'folder' });
    this.#ops.push({ kind: 'createFolder', opId, nodeId: id, parentId: parent.id, name });
    return { id, opIds: [...parent.opIds, opId], isNew: true };
  }

  async #findOccupants(places: readonly Place[]): Promise<Map<string, Occupant>> {
    const found = await listOccupants(this.#manager, this.#key, places);
    return new Map(found.map((each) => [placeKey(each), each]));
  }
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
