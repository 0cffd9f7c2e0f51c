import type { BaseOp, CloudOp, LocalOp } from '../model/plan.ts';
import type { SyncPolicy } from '../model/policy.ts';
import {
  ROOT_ID,
  type BaseId,
  type BaseNode,
  type CloudId,
  type CloudNode,
  type LocalKey,
  type StatSig,
} from '../model/tree.ts';
import { conflictName } from '../naming/derived-names.ts';
import { maxLocalNameBytes } from '../naming/name-rules.ts';
import { isNewLocal, type Scene } from '../reconcile/scene.ts';
import type { Entity, Facts, Place } from '../reconcile/scene-types.ts';
import type { Kept } from '../reconcile/target.ts';
import type { Draft } from './draft.ts';
import { linkedRow } from './linked-row.ts';
import type { PlanIds } from './plan-ids.ts';

export type Names = {
  /** Whether a folder is part of the target tree. */
  stays(folder: Entity): boolean;

  isTaken(parent: Entity, name: string): boolean;
  take(parent: Entity, name: string, entity: Entity): void;
};

/** Makes operations of decisions: gives out ids, and says what each operation rests on. */
export class OpFactory {
  readonly #scene: Scene;
  readonly #policy: SyncPolicy;
  readonly #ids: PlanIds;
  readonly #names: Names;
  readonly #baseIds = new Map<Entity, BaseId>();
  readonly #cloudIds = new Map<Entity, CloudId>();

  constructor(scene: Scene, given: { policy: SyncPolicy; ids: PlanIds; names: Names }) {
    this.#scene = scene;
    this.#policy = given.policy;
    this.#ids = given.ids;
    this.#names = given.names;
  }

  link({ entity, local, cloud }: Facts, target: Kept): BaseOp {
    if (local.t !== 'present' || cloud.t !== 'present') throw new Error('only what both sides hold is linked');
    const id = this.#idOf(entity);
    const linked = linkedRow({ id, parent: this.#idOf(target.parent), local, cloud: cloud.node });
    return { op: 'link', row: linked, key: this.#keyOf(entity), cloudId: cloud.node.id };
  }

  /** What is here was equal to the node before its head was written: a revision below the present one. */
  linkOlder({ entity, local, cloud }: Facts, target: Kept): BaseOp {
    if (local.t !== 'present' || cloud.t !== 'present') throw new Error('only what both sides hold is linked');
    const node = { ...cloud.node, ...contentOf(local), rev: Math.max(1, cloud.node.rev - 1) };
    const row = linkedRow({ id: this.#idOf(entity), parent: this.#idOf(target.parent), local, cloud: node });
    return { op: 'link', row, key: this.#keyOf(entity), cloudId: cloud.node.id, head: cloud.node };
  }

  /** The content there is somebody else's: base takes over the place, and what the disk says of the content it has here. */
  linkHere({ entity, local, cloud }: Facts, row: BaseNode, target: Kept): BaseOp {
    if (local.t !== 'present' || cloud.t !== 'present') throw new Error('only what both sides hold is linked');
    const place = { parent: this.#idOf(target.parent), localName: local.name, cloudName: cloud.name };
    const { meta, sig } = local;
    return { op: 'link', row: { ...row, ...place, meta, sig }, key: this.#keyOf(entity), cloudId: row.cloudId };
  }

  detach(row: BaseNode): BaseOp {
    return { op: 'link', row: { ...row, state: 'detached' }, key: row.id, cloudId: row.cloudId };
  }

  createLocal({ entity, kind, cloud }: Facts, target: Kept): Draft<LocalOp> {
    const to = placeHere(target);
    const id = this.#idOf(entity);
    return {
      entity,
      act: 'create',
      to,
      build: (ordering) => {
        const common = { ...ordering, id, cloud: nodeOf(cloud), parent: this.#idOf(to.parent), name: to.name };
        return kind === 'folder'
          ? { op: 'localMakeFolder', ...common }
          : { op: 'localDownload', ...common, cloudName: target.cloudName, replaces: null };
      },
    };
  }

  replaceLocal({ entity, local, cloud }: Facts, target: Kept): Draft<LocalOp> {
    const build: Draft<LocalOp>['build'] = (ordering) => ({
      op: 'localDownload',
      ...ordering,
      id: this.#idOf(entity),
      cloud: nodeOf(cloud),
      parent: this.#idOf(target.parent),
      name: target.localName,
      cloudName: target.cloudName,
      replaces: sigOf(local),
    });
    return { entity, act: 'change', to: null, under: target.parent, build };
  }

  moveLocal({ entity, local }: Facts, target: Kept): Draft<LocalOp> {
    const to = placeHere(target);
    const build: Draft<LocalOp>['build'] = ({ staged = false, ...ordering }) => ({
      op: 'localMove',
      ...ordering,
      id: this.#idOf(entity),
      key: this.#keyOf(entity),
      expect: sigOf(local),
      parent: this.#idOf(to.parent),
      name: to.name,
      cloudName: target.cloudName,
      staged,
    });
    return { entity, act: 'move', to, build };
  }

  /** C16, C17: the place for content that lost its name: where it is, or in the nearest folder above that stays. */
  conflictPlace({ entity, local }: Facts, target: Kept): Place {
    let parent = local.t === 'present' ? local.parent : target.parent;
    for (
      let at = this.#scene.local(parent);
      parent !== ROOT_ID && !this.#names.stays(parent);
      at = this.#scene.local(parent)
    )
      parent = at.t === 'present' ? at.parent : ROOT_ID;
    const name = conflictName(local.t === 'present' ? local.name : target.localName, this.#policy, {
      isFree: (free) => !this.#names.isTaken(parent, free),
      maxBytes: maxLocalNameBytes(this.#policy.names),
    });
    this.#names.take(parent, name, entity);
    return { parent, name };
  }

  setAside(
    { entity, local }: Facts,
    to: Place,
    { original, why }: { original: CloudId | null; why: 'conflict' | 'yield' },
  ): Draft<LocalOp> {
    const build: Draft<LocalOp>['build'] = (ordering) => ({
      op: 'localSetAside',
      ...ordering,
      key: this.#keyOf(entity),
      expect: sigOf(local),
      parent: this.#idOf(to.parent),
      name: to.name,
      original,
      why,
    });
    return { entity, act: 'aside', to, build };
  }

  setLocalMeta({ entity, local, cloud }: Facts): Draft<LocalOp> {
    const common = { id: this.#idOf(entity), expect: sigOf(local), cloud: nodeOf(cloud) };
    return { entity, act: 'change', to: null, build: (ordering) => ({ op: 'localSetMeta', ...ordering, ...common }) };
  }

  trashLocal({ entity, kind }: Facts): Draft<LocalOp> {
    const build: Draft<LocalOp>['build'] = ({ goes = [entity], ...ordering }) => ({
      op: 'localTrash',
      ...ordering,
      id: entity,
      kind,
      ids: goes,
      sinceMs: latest(goes, (gone) => this.#scene.cloudGoneSinceMs(gone)),
    });
    return { entity, act: 'trash', to: null, build };
  }

  /** Nothing is made of a name that the cloud cannot hold, or of a file whose signature is not known (it is read again). */
  createCloud(facts: Facts, target: Kept): readonly Draft<CloudOp>[] {
    const { entity, kind, local } = facts;
    if (local.t !== 'present' || (kind === 'file' && (local.sig === null || local.content === null))) return [];
    const { sig, content, meta } = local;
    const to = { parent: target.parent, name: target.cloudName };
    const cloudId = this.#newCloudId(entity);
    const build: Draft<CloudOp>['build'] = (ordering) => {
      const node = { ...ordering, id: this.#idOf(entity), key: this.#keyOf(entity), cloudId };
      const at = {
        parent: this.#idOf(to.parent),
        parentCloudId: this.#cloudIdOf(to.parent),
        name: to.name,
        localName: target.localName,
      };
      if (kind === 'folder' || sig === null || content === null) return { op: 'cloudCreateFolder', ...node, ...at };
      return { op: 'cloudUpload', ...node, target: { t: 'create', ...at }, expect: sig, content, meta };
    };
    return [{ entity, act: 'create', to, build }];
  }

  newVersion({ entity, local }: Facts, ifMatch: number | null): readonly Draft<CloudOp>[] {
    if (local.t !== 'present' || local.sig === null || local.content === null) return [];
    const { sig: expect, content, meta } = local;
    const build: Draft<CloudOp>['build'] = (ordering) => {
      const node = { ...ordering, id: this.#idOf(entity), key: this.#keyOf(entity), cloudId: this.#cloudIdOf(entity) };
      return { op: 'cloudUpload', ...node, target: { t: 'version', ifMatch }, expect, content, meta };
    };
    return [{ entity, act: 'change', to: null, build }];
  }

  moveCloud({ entity, cloud }: Facts, target: Kept): Draft<CloudOp> {
    const to = { parent: target.parent, name: target.cloudName };
    const build: Draft<CloudOp>['build'] = ({ staged: _staged, ...ordering }) => ({
      op: 'cloudMove',
      ...ordering,
      id: this.#idOf(entity),
      key: this.#keyOf(entity),
      cloudId: this.#cloudIdOf(entity),
      ifMatch: nodeOf(cloud).rev,
      parent: this.#idOf(to.parent),
      parentCloudId: this.#cloudIdOf(to.parent),
      name: to.name,
      localName: target.localName,
    });
    return { entity, act: 'move', to, build };
  }

  setCloudMeta({ entity, local }: Facts, ifMatch: number): Draft<CloudOp> {
    const build: Draft<CloudOp>['build'] = (ordering) => ({
      op: 'cloudSetMeta',
      ...ordering,
      id: this.#idOf(entity),
      key: this.#keyOf(entity),
      cloudId: this.#cloudIdOf(entity),
      ifMatch,
      meta: local.t === 'present' ? local.meta : { mtimeMs: 0, exec: false },
      sig: sigOf(local),
    });
    return { entity, act: 'change', to: null, build };
  }

  trashCloud({ entity, kind, cloud }: Facts): Draft<CloudOp> {
    const { cloudSeq } = this.#scene.trees;
    const build: Draft<CloudOp>['build'] = ({ goes = [entity], ...ordering }) => ({
      op: 'cloudTrash',
      ...ordering,
      ids: goes,
      id: entity,
      cloudId: this.#cloudIdOf(entity),
      ifMatch: nodeOf(cloud).rev,
      ifSubtreeSeq: kind === 'folder' ? (cloudSeq ?? null) : null,
      sinceMs: latest(goes, (gone) => this.#scene.trees.local.get(gone)?.sinceMs ?? 0),
    });
    return { entity, act: 'trash', to: null, build };
  }

  #idOf(entity: Entity): BaseId {
    if (entity > 0) return entity;
    const given = this.#baseIds.get(entity) ?? this.#ids.baseId();
    this.#baseIds.set(entity, given);
    return given;
  }

  /** The overlay entry of a node: base ids are their own keys; a node that is not on the disk has the key it will have. */
  #keyOf(entity: Entity): LocalKey {
    return entity > 0 || isNewLocal(entity) ? entity : this.#idOf(entity);
  }

  #newCloudId(entity: Entity): CloudId {
    const cloudId = this.#ids.nodeId();
    this.#cloudIds.set(entity, cloudId);
    return cloudId;
  }

  #cloudIdOf(entity: Entity): CloudId {
    if (entity === ROOT_ID) return this.#scene.rootCloudId;
    return this.#cloudIds.get(entity) ?? this.#scene.cloudIdOf(entity) ?? '';
  }
}

function placeHere({ parent, localName }: Kept): Place {
  return { parent, name: localName };
}

function nodeOf(cloud: Facts['cloud']): CloudNode {
  if (cloud.t !== 'present') throw new Error('the operation needs a node in the cloud');
  return cloud.node;
}

function contentOf(local: Facts['local']): Pick<CloudNode, 'contentId' | 'size'> {
  const content = local.t === 'present' ? local.content : null;
  return { contentId: content?.contentId ?? null, size: content?.size ?? null };
}

/** Folders whose signature was never read match by what they are: nothing but their identity is in it. */
function sigOf(local: Facts['local']): StatSig {
  if (local.t === 'present' && local.sig) return local.sig;
  return { volume: '', fileId: 0n, birthNs: 0n, size: 0, mtimeNs: 0n, ctimeNs: 0n, links: 1 };
}

/** A folder may hold more than a call takes arguments. */
function latest(goes: readonly Entity[], momentOf: (entity: Entity) => number): number {
  return goes.reduce((latestMs, entity) => Math.max(latestMs, momentOf(entity)), -Infinity);
}
