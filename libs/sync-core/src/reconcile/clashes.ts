import type { SyncPolicy } from '../model/policy.ts';
import { conflictName, numberedName, yieldedName } from '../naming/derived-names.ts';
import { maxLocalNameBytes, toLocalName } from '../naming/name-rules.ts';
import type { CloudNode } from '../model/tree.ts';
import { SideTree } from '../plan/side-tree.ts';
import { isNewLocal } from './scene.ts';
import { NOWHERE, type Entity, type Facts } from './scene-types.ts';
import type { Kept, Target, TargetTree } from './target.ts';

type KeptTarget = Extract<Target, { t: 'kept' }>;
type Claim = { readonly entity: Entity; readonly facts: Facts; readonly target: KeptTarget };

/**
 * SY-12, SY-13, SY-18: no two nodes of the target tree have one name on one side. Names are claimed in order of right: folders
 * before files, what stands in the cloud before what comes from here.
 */
export class Clashes {
  readonly #tree: TargetTree;
  readonly #policy: SyncPolicy;
  readonly #isUpload: boolean;
  /** As things stand: a new name should be free now, too, so that nothing has to wait for it. */
  readonly #localNow: SideTree;
  readonly #cloudNow: SideTree;
  readonly #cloudClaims = new Map<string, Entity>();
  readonly #localClaims = new Map<string, Entity>();

  constructor(tree: TargetTree, policy: SyncPolicy) {
    this.#tree = tree;
    this.#policy = policy;
    this.#isUpload = policy.mode === 'upload';
    const scope = { entities: tree.entities(), leftBehind: tree.anew(), names: policy.names };
    this.#localNow = new SideTree(tree.scene, 'local', scope);
    this.#cloudNow = new SideTree(tree.scene, 'cloud', scope);
  }

  resolve(): void {
    for (const entity of this.#tree.entities()) this.#claimUnmoved(entity);
    for (const node of this.#tree.scene.trees.leftOut?.cloud ?? []) this.#claimLeftOut(node);
    const claims = this.#tree.entities().flatMap((entity) => this.#claimOf(entity) ?? []);
    for (const claim of claims.sort((a, b) => rank(a) - rank(b) || a.entity - b.entity)) this.#claimCloudName(claim);
    if (this.#isUpload) return;
    const settled = this.#tree.entities().flatMap((entity) => this.#claimOf(entity) ?? []);
    const onDisk = (claim: Claim) => Number(!isAtLocalName(claim));
    for (const claim of settled.sort((a, b) => onDisk(a) - onDisk(b) || a.entity - b.entity))
      this.#claimLocalName(claim);
  }

  stays(folder: Entity): boolean {
    return this.#tree.get(folder).t === 'kept';
  }

  /** For names given out after the clashes are resolved: those of conflict copies. */
  isTaken(parent: Entity, name: string): boolean {
    return !this.#freeIn(parent).isFree(name);
  }

  take(parent: Entity, name: string, entity: Entity): void {
    this.#cloudClaims.set(this.#cloudNow.slot(parent, name), entity);
    this.#localClaims.set(this.#localNow.slot(parent, name), entity);
  }

  #claimOf(entity: Entity): Claim | null {
    const target = this.#tree.get(entity);
    return target.t === 'kept' ? { entity, facts: this.#tree.scene.facts(entity), target } : null;
  }

  /**
   * Upload mode: what is not ours keeps its names without asking. What is frozen claims none: whoever wants its name waits until
   * it is clear what becomes of it.
   */
  #claimUnmoved(entity: Entity): void {
    const { t } = this.#tree.get(entity);
    if (t !== 'foreign' && t !== 'detached') return;
    const there = this.#cloudNow.placeOf(entity);
    const here = this.#localNow.placeOf(entity);
    if (there) this.#cloudClaims.set(this.#cloudNow.slot(there.parent, there.name), entity);
    if (here) this.#localClaims.set(this.#localNow.slot(here.parent, here.name), entity);
  }

  /** SY-26: what a filter leaves out is frozen, too, but nothing becomes of it: it keeps its name in the cloud, and nobody waits for that. */
  #claimLeftOut({ id, parentId, name }: CloudNode): void {
    const { scene } = this.#tree;
    const [entity, parent] = [scene.entityOf(id), scene.entityOf(parentId)];
    if (entity === NOWHERE || parent === NOWHERE || this.#tree.get(entity).t !== 'frozen') return;
    this.#cloudClaims.set(this.#cloudNow.slot(parent, name), entity);
  }

  #claimCloudName(claim: Claim): void {
    const { parent, cloudName } = claim.target;
    const owner = this.#cloudOwner(parent, cloudName);
    if (owner === null || owner === claim.entity) return this.#takeCloudName(claim);
    if (this.#mustYield(owner, claim)) {
      this.#yieldUntouched(owner);
      return this.#takeCloudName(claim);
    }
    this.#rename(claim, owner);
  }

  #takeCloudName({ entity, target }: Claim): void {
    this.#cloudClaims.set(this.#cloudNow.slot(target.parent, target.cloudName), entity);
  }

  /** Who has the name in the target tree: a claim made before, or a node that nothing happens to. */
  #cloudOwner(parent: Entity, name: string): Entity | null {
    const claimed = this.#cloudClaims.get(this.#cloudNow.slot(parent, name));
    if (claimed !== undefined) return claimed;
    const now = this.#cloudNow.occupant(parent, name);
    return now !== null && !this.#tree.has(now) ? now : null;
  }

  #localOwner(parent: Entity, name: string): Entity | null {
    const claimed = this.#localClaims.get(this.#localNow.slot(parent, name));
    if (claimed !== undefined) return claimed;
    const now = this.#localNow.occupant(parent, name);
    return now !== null && !this.#tree.has(now) ? now : null;
  }

  /** BI-9: also a file that nothing else happens to yields to a folder. */
  #mustYield(owner: Entity, { facts }: Claim): boolean {
    if (this.#isUpload || this.#tree.has(owner) || facts.kind !== 'folder') return false;
    // What a filter leaves out is never touched.
    if (this.#cloudNow.strangerKind(owner) !== undefined) return false;
    return this.#tree.scene.kindOf(owner) === 'file';
  }

  #yieldUntouched(owner: Entity): void {
    const target = this.#tree.get(owner);
    if (target.t !== 'kept') return;
    const name = yieldedName(target.cloudName, this.#freeIn(target.parent));
    const renamed: KeptTarget = { ...target, localName: name, cloudName: name, rule: 'SY-13' };
    this.#tree.set(owner, renamed);
    this.#cloudClaims.set(this.#cloudNow.slot(target.parent, name), owner);
  }

  #rename(claim: Claim, owner: Entity): void {
    const { entity, facts, target } = claim;
    const isYield = facts.kind === 'file' && this.#kindOf(owner) === 'folder';
    const isMappedOnly = this.#isUpload || this.#hasOwnLocalName(claim, owner);
    if (!isMappedOnly && isOnlyHere(claim)) {
      this.#tree.set(entity, this.#aside(claim, owner, isYield));
      return;
    }
    const free = this.#freeIn(target.parent);
    const name = isYield ? yieldedName(target.cloudName, free) : numberedName(target.cloudName, free);
    const rule = isMappedOnly ? 'SY-18' : isYield ? 'SY-13' : 'SY-12';
    const renamed: KeptTarget = { ...target, rule, cloudName: name, localName: isMappedOnly ? target.localName : name };
    this.#tree.set(entity, { ...renamed, placedBy: placedBy(facts, renamed) });
    this.#cloudClaims.set(this.#cloudNow.slot(target.parent, name), entity);
  }

  #kindOf(owner: Entity): 'file' | 'folder' {
    return this.#cloudNow.strangerKind(owner) ?? this.#tree.scene.kindOf(owner);
  }

  /** Two names that differ here and are one in the cloud (letters written in two Unicode forms): the second is mapped there. */
  #hasOwnLocalName({ target }: Claim, owner: Entity): boolean {
    const other = this.#tree.get(owner);
    if (other.t !== 'kept') return false;
    return this.#localNow.slot(target.parent, target.localName) !== this.#localNow.slot(other.parent, other.localName);
  }

  #aside({ facts, target }: Claim, owner: Entity, isYield: boolean): Target {
    const free = this.#freeIn(target.parent);
    const name = isYield ? yieldedName(target.localName, free) : conflictName(target.localName, this.#policy, free);
    this.take(target.parent, name, facts.entity);
    const original = isYield ? null : this.#tree.scene.cloudIdOf(owner);
    return {
      t: 'aside',
      parent: target.parent,
      name,
      original,
      why: isYield ? 'yield' : 'conflict',
      rule: isYield ? 'SY-13' : 'SY-12',
    };
  }

  #claimLocalName(claim: Claim): void {
    const { entity, target } = claim;
    const owner = this.#localOwner(target.parent, target.localName);
    let name = target.localName;
    if (owner !== null && owner !== entity && !this.#giveBack(owner)) {
      name = this.#cloudNameHere(target) ?? numberedName(target.localName, this.#freeIn(target.parent));
      const mapped: KeptTarget = { ...target, localName: name, rule: 'SY-18' };
      this.#tree.set(entity, { ...mapped, placedBy: placedBy(claim.facts, mapped) });
    }
    this.#localClaims.set(this.#localNow.slot(target.parent, name), entity);
  }

  /** A mapped node that finds its own name taken, moved to another folder, had better be called here as it is there. */
  #cloudNameHere({ parent, localName, cloudName }: KeptTarget): string | null {
    const name = toLocalName(cloudName, this.#policy.names);
    const isFree = name !== localName && this.#localOwner(parent, name) === null;
    return isFree && !this.#localNow.isNameKnown(parent, name) ? name : null;
  }

  /**
   * SY-18: who has the name here although it is called otherwise in the cloud had it while the cloud's was another's. Now that this
   * is over, it goes by the name it has there; else one mapped name would lead to the next, where nothing needs any.
   */
  #giveBack(owner: Entity): boolean {
    const target = this.#tree.get(owner);
    if (target.t !== 'kept') return false;
    const { parent } = target;
    const name = toLocalName(target.cloudName, this.#policy.names);
    if (this.#localOwner(parent, name) !== null || this.#localNow.occupant(parent, name) !== null) return false;
    const renamed: KeptTarget = { ...target, localName: name, rule: 'SY-18' };
    this.#tree.set(owner, { ...renamed, placedBy: placedBy(this.#tree.scene.facts(owner), renamed) });
    this.#localClaims.set(this.#localNow.slot(parent, name), owner);
    return true;
  }

  #freeIn(parent: Entity): { isFree: (name: string) => boolean; maxBytes: number } {
    const isFreeThere = (name: string) =>
      this.#cloudOwner(parent, name) === null && !this.#cloudNow.isNameKnown(parent, name);
    const isFreeHere = (name: string) =>
      this.#isUpload || (this.#localOwner(parent, name) === null && !this.#localNow.isNameKnown(parent, name));
    const isWanted = (name: string) => this.#wanted(parent).has(name);
    return {
      isFree: (name) => isFreeThere(name) && isFreeHere(name) && !isWanted(name),
      maxBytes: maxLocalNameBytes(this.#policy.names),
    };
  }

  #wantedNames: Map<Entity, Set<string>> | null = null;
  /** Names that other nodes of the target tree want and may not have claimed yet. */
  #wanted(parent: Entity): ReadonlySet<string> {
    if (!this.#wantedNames) {
      this.#wantedNames = new Map();
      for (const entity of this.#tree.entities()) {
        const target = this.#tree.get(entity);
        if (target.t !== 'kept') continue;
        const names = this.#wantedNames.get(target.parent) ?? new Set();
        this.#wantedNames.set(target.parent, names.add(target.cloudName).add(target.localName));
      }
    }
    return this.#wantedNames.get(parent) ?? new Set();
  }
}

function rank({ facts, target }: Claim): number {
  const { cloud } = facts;
  const isThere =
    cloud.t === 'present' && cloud.parent === target.parent && cloud.name === target.cloudName && !target.anew;
  return (facts.kind === 'folder' ? 0 : 2) + (isThere ? 0 : 1);
}

/** A new file of this device can be given another name without anybody being told. */
function isOnlyHere({ entity, facts }: Claim): boolean {
  return facts.kind === 'file' && isNewLocal(entity) && facts.cloud.t !== 'present';
}

function isAtLocalName({ facts, target }: Claim): boolean {
  const { local } = facts;
  return local.t === 'present' && local.parent === target.parent && local.name === target.localName;
}

function placedBy({ local, cloud }: Facts, { parent, localName, cloudName }: Kept): Kept['placedBy'] {
  const isHere = local.t === 'present' && local.parent === parent && local.name === localName;
  const isThere = cloud.t === 'present' && cloud.parent === parent && cloud.name === cloudName;
  return isHere && isThere ? 'both' : isHere ? 'local' : 'cloud';
}
