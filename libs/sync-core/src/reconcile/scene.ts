import {
  ROOT_ID,
  type BaseNode,
  type CloudId,
  type CloudNode,
  type LocalNode,
  type Observed,
  type ThreeTrees,
} from '../model/tree.ts';
import { CLOUD_ONLY, NOWHERE, type CloudState, type Entity, type Facts, type LocalState } from './scene-types.ts';

const ABSENT = { t: 'absent' } as const;
const UNKNOWN = { t: 'unknown' } as const;

/**
 * The three trees as one set of entities. Read lazily: what no overlay mentions is never touched, except where a decision
 * asks for it. `link` tells which cloud node an entity is, where base does not know it (yet).
 */
export class Scene {
  readonly trees: ThreeTrees;
  readonly rootCloudId: CloudId;
  readonly #cloudIds = new Map<Entity, CloudId>();
  readonly #entities = new Map<CloudId, Entity>();
  readonly #local = new Map<Entity, LocalState>();
  readonly #cloud = new Map<Entity, CloudState>();
  #cloudOnly = 0;

  readonly #gone: ReadonlySet<CloudId>;
  readonly #leftOut: ReadonlySet<CloudId>;

  /** `gone`: cloud nodes that went with a folder above them, as base and feed know their places. */
  constructor(trees: ThreeTrees, gone: ReadonlySet<CloudId>) {
    this.trees = trees;
    this.#gone = gone;
    this.#leftOut = new Set(trees.leftOut?.cloud.map(({ id }) => id));
    this.rootCloudId = trees.base.get(ROOT_ID)?.cloudId ?? '';
  }

  /** From now on the entity is that cloud node, whatever base says. To be called before any state is asked for. */
  link(entity: Entity, cloudId: CloudId): void {
    this.#cloudIds.set(entity, cloudId);
    this.#entities.set(cloudId, entity);
  }

  /** The entity of a cloud node that base does not know. */
  newCloudEntity(cloudId: CloudId): Entity {
    const known = this.#entities.get(cloudId);
    if (known !== undefined) return known;
    this.#cloudOnly += 1;
    const entity = CLOUD_ONLY - this.#cloudOnly;
    this.link(entity, cloudId);
    return entity;
  }

  row(entity: Entity): BaseNode | undefined {
    return entity > 0 ? this.trees.base.get(entity) : undefined;
  }

  cloudIdOf(entity: Entity): CloudId | null {
    return this.#cloudIds.get(entity) ?? this.row(entity)?.cloudId ?? null;
  }

  /** `NOWHERE` for a node the task does not know. */
  entityOf(cloudId: CloudId): Entity {
    if (cloudId === this.rootCloudId) return ROOT_ID;
    const linked = this.#entities.get(cloudId);
    if (linked !== undefined) return linked;
    const row = this.trees.base.byCloudId(cloudId);
    // A row that was linked to another cloud node has left its old one to itself.
    if (row) return this.#cloudIds.has(row.id) ? NOWHERE : row.id;
    return this.trees.cloud.has(cloudId) ? this.newCloudEntity(cloudId) : NOWHERE;
  }

  facts(entity: Entity): Facts {
    const row = this.row(entity);
    const local = this.local(entity);
    const cloud = this.cloud(entity);
    return { entity, kind: this.kindOf(entity), row, cloudId: this.cloudIdOf(entity), local, cloud };
  }

  kindOf(entity: Entity): 'file' | 'folder' {
    const row = this.row(entity);
    if (row) return row.kind;
    const local = this.trees.local.get(entity);
    if (local?.t === 'present') return local.node.kind;
    const cloud = this.trees.cloud.get(this.cloudIdOf(entity) ?? '');
    return cloud?.t === 'present' ? cloud.node.kind : 'file';
  }

  local(entity: Entity): LocalState {
    const known = this.#local.get(entity);
    if (known) return known;
    this.#local.set(entity, UNKNOWN); // until computed: a loop of parents is nothing one could rely on
    const state = this.#readLocal(entity);
    this.#local.set(entity, state);
    return state;
  }

  cloud(entity: Entity): CloudState {
    const known = this.#cloud.get(entity);
    if (known) return known;
    this.#cloud.set(entity, UNKNOWN);
    const state = this.#readCloud(entity);
    this.#cloud.set(entity, state);
    return state;
  }

  /** When its absence was seen: its own, or that of the folder it went with. */
  cloudGoneSinceMs(entity: Entity): number {
    const seen = this.trees.cloud.get(this.cloudIdOf(entity) ?? '');
    if (seen?.t === 'absent') return seen.sinceMs;
    const parent = seen?.t === 'present' ? this.entityOf(seen.node.parentId) : this.row(entity)?.parent;
    return parent === undefined || parent === NOWHERE || parent === entity ? 0 : this.cloudGoneSinceMs(parent);
  }

  #readLocal(entity: Entity): LocalState {
    const row = this.row(entity);
    if (entity === ROOT_ID) return rootLocal(row);
    const seen = entity <= CLOUD_ONLY ? undefined : this.trees.local.get(entity);
    const node = this.#localNode(seen, row);
    if ('t' in node) return node;
    // A node cannot be where its folder is not: that was seen at another time, and proves nothing.
    if (this.local(node.parent).t !== 'present') return UNKNOWN;
    const { parent, name, content, meta, sig } = node;
    return { t: 'present', parent, name, content, contentId: content?.contentId ?? null, meta, sig };
  }

  #localNode(seen: Observed<LocalNode> | undefined, row: BaseNode | undefined): LocalAsKnown | Nothing {
    if (seen) return seen.t === 'present' ? ofKind(row, seen.node) : nothing(seen);
    return row?.state === 'managed' ? localFromRow(row) : ABSENT;
  }

  #readCloud(entity: Entity): CloudState {
    const row = this.row(entity);
    if (entity === ROOT_ID) return rootCloud(row, this.rootCloudId);
    const cloudId = this.cloudIdOf(entity);
    if (cloudId === null || this.#gone.has(cloudId)) return ABSENT;
    const seen = this.trees.cloud.get(cloudId);
    const node = this.#cloudNode(seen, row);
    if ('t' in node) return node;
    const parent = seen ? this.entityOf(node.parentId) : (row?.parent ?? NOWHERE);
    const above = this.#cloudAbove(parent);
    if (above) return above;
    return { t: 'present', parent, name: node.name, contentId: node.contentId, node };
  }

  /** What keeps a node from being there: its folder is not, or nobody knows. */
  #cloudAbove(parent: Entity): Nothing | null {
    const above = parent === NOWHERE || this.#isLeftOutThere(parent) ? null : this.cloud(parent);
    return above && above.t !== 'present' ? above : null;
  }

  /** SY-26: a folder that a filter leaves out is not decided about, but what has left it on the disk is known to be in it there. */
  #isLeftOutThere(folder: Entity): boolean {
    return this.#leftOut.has(this.cloudIdOf(folder) ?? '');
  }

  #cloudNode(seen: Observed<CloudNode> | undefined, row: BaseNode | undefined): CloudNode | Nothing {
    if (seen) return seen.t === 'present' ? ofKind(row, seen.node) : nothing(seen);
    return row ? cloudFromRow(row, this.cloudIdOf(row.parent) ?? '') : ABSENT;
  }
}

type Nothing = typeof ABSENT | typeof UNKNOWN;
type LocalAsKnown = Omit<LocalNode, 'sig' | 'kind'> & { readonly sig: LocalNode['sig'] | null };

function nothing(seen: { readonly t: 'absent' | 'unknown' }): Nothing {
  return seen.t === 'absent' ? ABSENT : UNKNOWN;
}

/** A file does not become a folder: whoever says so of one id has mixed up two nodes. */
function ofKind<N extends { readonly kind: string }>(row: BaseNode | undefined, node: N): N | Nothing {
  return row && row.kind !== node.kind ? UNKNOWN : node;
}

function rootLocal(row: BaseNode | undefined): LocalState {
  const meta = row?.meta ?? { mtimeMs: 0, exec: false };
  return { t: 'present', parent: ROOT_ID, name: '', contentId: null, content: null, meta, sig: row?.sig ?? null };
}

function rootCloud(row: BaseNode | undefined, cloudId: CloudId): CloudState {
  const meta = row?.meta ?? { mtimeMs: 0, exec: false };
  const rest = { rev: row?.rev ?? 0, seq: 0, contentId: null, size: null, meta };
  const node: CloudNode = { id: cloudId, parentId: cloudId, name: '', kind: 'folder', ...rest };
  return { t: 'present', parent: ROOT_ID, name: '', contentId: null, node };
}

function localFromRow(row: BaseNode): LocalAsKnown {
  const content = row.contentId === null ? null : { contentId: row.contentId, size: row.size ?? 0 };
  return { parent: row.parent, name: row.localName, content, meta: row.meta, sig: row.sig };
}

export function cloudFromRow(row: BaseNode, parentId: CloudId): CloudNode {
  const { cloudName: name, kind, rev, contentId, size, meta } = row;
  return { id: row.cloudId, parentId, name, kind, rev, seq: 0, contentId, size, meta };
}

export function isNewLocal(entity: Entity): boolean {
  return entity < 0 && entity > CLOUD_ONLY;
}
