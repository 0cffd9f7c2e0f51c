import type { CloudOp } from '../model/plan.ts';
import type { CloudId, CloudNode, FileMeta, Observed } from '../model/tree.ts';
import { describe } from './sim-disk.ts';

type Stored = { node: CloudNode; trashed: boolean; readonly versions: string[] };
type Change = { parentId?: CloudId; name?: string; contentId?: string; meta?: FileMeta };

/** A drive that refuses what the real one refuses, keeps every version and never empties its bin. */
export class SimCloud {
  readonly rootId = 'root';
  readonly nodes = new Map<CloudId, Stored>();
  seq = 0;
  #lastId = 0;

  constructor() {
    const meta = { mtimeMs: 0, exec: false };
    const root: CloudNode = {
      id: 'root',
      parentId: 'root',
      name: '',
      kind: 'folder',
      rev: 1,
      seq: 0,
      contentId: null,
      size: null,
      meta,
    };
    this.nodes.set('root', { node: root, trashed: false, versions: [] });
  }

  /** Somebody works in the drive by hand. */
  create(place: { parentId: CloudId; name: string }, token: string | null): CloudId {
    this.#lastId += 1;
    const id = `web-${String(this.#lastId).padStart(4, '0')}`;
    this.#mustFit(place, id);
    const meta = { mtimeMs: token === null ? 0 : 10_000 + this.#lastId, exec: false };
    this.#make(id, { ...place, kind: token === null ? 'folder' : 'file', contentId: token, meta });
    return id;
  }

  change(id: CloudId, change: Change): void {
    const { node } = this.live(id);
    const place = { parentId: change.parentId ?? node.parentId, name: change.name ?? node.name };
    if (change.parentId !== undefined || change.name !== undefined) this.#mustFit(place, id);
    this.#change(id, change);
  }

  trash(id: CloudId): void {
    this.live(id);
    this.#trash(id);
  }

  live(id: CloudId): Stored {
    const stored = this.nodes.get(id);
    if (!stored || !this.isLive(id)) throw new Error(`no live node ${id}`);
    return stored;
  }

  isLive(id: CloudId): boolean {
    for (let at = id; at !== this.rootId;) {
      const stored = this.nodes.get(at);
      if (!stored || stored.trashed) return false;
      at = stored.node.parentId;
    }
    return true;
  }

  liveIds(): CloudId[] {
    return [...this.nodes.keys()].filter((id) => id !== this.rootId && this.isLive(id));
  }

  children(id: CloudId): CloudNode[] {
    return this.liveIds().flatMap((each) => {
      const { node } = this.live(each);
      return node.parentId === id ? [node] : [];
    });
  }

  tokens(): string[] {
    return [...this.nodes.values()].flatMap((stored) => stored.versions);
  }

  paths(): Map<string, string> {
    const paths = new Map<string, string>();
    for (const id of this.liveIds()) {
      const { node } = this.live(id);
      paths.set(this.pathOf(id), describe({ ...node, token: node.contentId }));
    }
    return paths;
  }

  pathOf(id: CloudId): string {
    const names: string[] = [];
    for (let at = id; at !== this.rootId; at = this.live(at).node.parentId) names.push(this.live(at).node.name);
    return names.reverse().join('/');
  }

  /** The feed: what changed, as it is now. What lies in a deleted folder is told only if it changed itself. */
  changesSince(seq: number): { id: CloudId; seen: Observed<CloudNode> }[] {
    const changed = [...this.nodes.values()].filter(({ node }) => node.seq > seq && node.id !== this.rootId);
    return changed
      .sort((a, b) => a.node.seq - b.node.seq)
      .map(({ node }) => {
        const seen = this.isLive(node.id)
          ? ({ t: 'present', node, sinceMs: 0 } as const)
          : ({ t: 'absent', sinceMs: 0 } as const);
        return { id: node.id, seen };
      });
  }

  /** One request: a single operation, or an atomic group of them. Answers the nodes as they are after it. */
  commit(ops: readonly CloudOp[], revs: ReadonlyMap<CloudId, number>): (CloudNode | null)[] {
    const before = new Map([...this.nodes].map(([id, stored]) => [id, { ...stored, versions: [...stored.versions] }]));
    try {
      const isAtomic = ops.length > 1;
      const answers = ops.map((op) => this.#carryOut(op, { isAtomic, rev: revs.get(op.cloudId) }));
      if (isAtomic) for (const op of ops) this.#judge(op.cloudId);
      return answers.map((id) => (id === null ? null : (this.nodes.get(id)?.node ?? null)));
    } catch (error) {
      this.nodes.clear();
      for (const [id, stored] of before) this.nodes.set(id, stored);
      throw error;
    }
  }

  #carryOut(op: CloudOp, { isAtomic, rev }: { isAtomic: boolean; rev: number | undefined }): CloudId | null {
    const fits = (place: { parentId: CloudId; name: string }) => {
      if (!isAtomic) this.#mustFit(place, op.cloudId);
      else if (!this.nodes.has(place.parentId)) throw new Error('PARENT_UNKNOWN');
    };
    const mustMatch = (ifMatch: number | null) => {
      const { node } = this.live(op.cloudId);
      if (ifMatch !== null && node.rev !== (rev ?? ifMatch)) throw new Error(`REV_MISMATCH ${node.rev} ${ifMatch}`);
    };
    switch (op.op) {
      case 'cloudCreateFolder': {
        const place = { parentId: op.parentCloudId, name: op.name };
        fits(place);
        this.#make(op.cloudId, { ...place, kind: 'folder', contentId: null, meta: { mtimeMs: 0, exec: false } });
        return op.cloudId;
      }
      case 'cloudUpload': {
        const { content, meta, target } = op;
        if (target.t === 'create') {
          const place = { parentId: target.parentCloudId, name: target.name };
          fits(place);
          this.#make(op.cloudId, { ...place, kind: 'file', contentId: content.contentId, meta });
        } else {
          mustMatch(target.ifMatch);
          this.#change(op.cloudId, { contentId: content.contentId, meta });
        }
        return op.cloudId;
      }
      case 'cloudMove':
        mustMatch(op.ifMatch);
        fits({ parentId: op.parentCloudId, name: op.name });
        this.#change(op.cloudId, { parentId: op.parentCloudId, name: op.name });
        return op.cloudId;
      case 'cloudSetMeta':
        mustMatch(op.ifMatch);
        this.#change(op.cloudId, { meta: op.meta });
        return op.cloudId;
      case 'cloudTrash':
        mustMatch(op.ifMatch);
        if (op.ifSubtreeSeq !== null && this.#subtreeSeq(op.cloudId) > op.ifSubtreeSeq)
          throw new Error('SUBTREE_CHANGED');
        this.#trash(op.cloudId);
        return null;
    }
  }

  /** After an atomic request: every place must be right. */
  #judge(id: CloudId): void {
    const stored = this.nodes.get(id);
    if (!stored || stored.trashed) return;
    const passed = new Set<CloudId>();
    for (let at = id; at !== this.rootId; at = this.nodes.get(at)?.node.parentId ?? '') {
      if (passed.has(at)) throw new Error('MOVE_CYCLE');
      passed.add(at);
    }
    if (!this.isLive(id)) throw new Error('PARENT_TRASHED');
    this.#mustFit(stored.node, id);
  }

  #mustFit({ parentId, name }: { parentId: CloudId; name: string }, id: CloudId): void {
    const parent = this.nodes.get(parentId);
    if (parent?.node.kind !== 'folder' || !this.isLive(parentId)) throw new Error(`PARENT_UNKNOWN ${parentId}`);
    for (let at = parentId; at !== this.rootId; at = this.live(at).node.parentId)
      if (at === id) throw new Error('MOVE_CYCLE');
    if (this.children(parentId).some((node) => node.name === name && node.id !== id))
      throw new Error(`NAME_TAKEN ${name}`);
  }

  #make(
    id: CloudId,
    { contentId, ...node }: Pick<CloudNode, 'parentId' | 'name' | 'kind' | 'contentId' | 'meta'>,
  ): void {
    if (this.nodes.has(id)) throw new Error(`NODE_ID_TAKEN ${id}`);
    const size = contentId?.length ?? null;
    const made: CloudNode = { id, ...node, rev: 1, seq: ++this.seq, contentId, size };
    this.nodes.set(id, { node: made, trashed: false, versions: contentId === null ? [] : [contentId] });
  }

  #change(id: CloudId, change: Change): void {
    const stored = this.nodes.get(id);
    if (!stored) throw new Error('NODE_UNKNOWN');
    const { contentId = stored.node.contentId } = change;
    if (change.contentId !== undefined) stored.versions.push(change.contentId);
    const after = { ...stored.node, ...change, contentId, size: contentId?.length ?? null };
    stored.node = { ...after, rev: stored.node.rev + 1, seq: ++this.seq };
  }

  #trash(id: CloudId): void {
    this.#change(id, {});
    const stored = this.nodes.get(id);
    if (stored) stored.trashed = true;
  }

  #subtreeSeq(id: CloudId): number {
    const below = this.liveIds().filter((each) => {
      for (let at = each; at !== this.rootId; at = this.live(at).node.parentId) if (at === id) return true;
      return false;
    });
    return Math.max(0, ...below.map((each) => this.live(each).node.seq));
  }
}
