import type { BatchOutcome, DriveNode } from '@tideline/contracts';
import {
  AppError,
  contentIdOf,
  digestOf,
  type Atom,
  type BatchAnswer,
  type BatchOp,
  type ChangesAnswer,
  type ChunkRef,
  type ErrorCode,
  type FeedItem,
} from '@tideline/contracts';
import type { BundleItem, Cloud, CloudListing, Room } from '../ports/cloud.ts';
import type { Hashes } from '../ports/clock.ts';

type Stored = { node: DriveNode; trashed: boolean; versions: string[] };

/**
 * The drive in memory, for one space: batches with compare-and-swap and idempotency, feed by seq, bytes by hash, versions and
 * bin kept for ever. `lostAnswers` counts down commits whose answer never arrives although they were carried out.
 */
export class MemoryCloud implements Cloud {
  readonly rootId: string;
  lostAnswers = 0;
  /** Over all versions, the bin and what is reserved (VE-3); `null`: no limit. */
  quotaBytes: number | null = null;
  /** Bytes that travelled in packs. */
  packedBytes = 0;
  readonly #rooms = new Map<string, number>();
  /** What the person may do from each folder downwards; whoever changes it raises `capsRev`. Empty: everything. */
  boundaries: { nodeId: string; atoms: readonly Atom[] }[] = [];
  capsRev = 0;
  /** Another one after the server was restored from a backup. */
  epoch = 'e1';
  #isOwner = false;
  /** Called before every commit; may throw to simulate a crash of the caller. */
  onCommit: () => void = () => undefined;
  readonly #hashes: Hashes;
  readonly #nodes = new Map<string, Stored>();
  readonly #bytes = new Map<string, Uint8Array>();
  readonly #manifests = new Map<string, readonly ChunkRef[]>();
  readonly #answers = new Map<string, BatchOutcome>();
  #seq = 0;

  constructor(rootId: string, hashes: Hashes) {
    this.rootId = rootId;
    this.#hashes = hashes;
    const root = this.#make({ id: rootId, parentId: null, name: '', kind: 'folder' });
    this.#nodes.set(rootId, { node: root, trashed: false, versions: [] });
  }

  /** Every content that can still be had: heads, history and bin. */
  reachableContents(): Set<string> {
    return new Set([...this.#nodes.values()].flatMap((stored) => stored.versions));
  }

  /** Path → content id (null for folders) of everything that is not in the bin. */
  tree(): Map<string, string | null> {
    return new Map(this.#live().map((node) => [this.#pathOf(node), node.contentId]));
  }

  find(path: string): DriveNode | undefined {
    return this.#live().find((node) => this.#pathOf(node) === path);
  }

  bytesOf(contentId: string): Uint8Array {
    const parts = (this.#manifests.get(contentId) ?? []).map(
      (chunk) => this.#bytes.get(chunk.hash) ?? new Uint8Array(),
    );
    return joined(parts);
  }

  /** As a person does it in the console: the head is replaced whatever it is. */
  put(path: string, bytes: Uint8Array, ids: { opId: string; nodeId: string }): void {
    const hash = this.#hashes.sha256Hex(bytes);
    const chunks = bytes.length === 0 ? [] : [{ hash, size: bytes.length }];
    this.#bytes.set(hash, bytes);
    const existing = this.find(path);
    const file = { content: { size: bytes.length, chunks }, mtimeMs: 1, exec: false };
    const parent = this.#parentOf(path);
    this.apply(
      existing
        ? { kind: 'putVersion', opId: ids.opId, nodeId: existing.id, ...file }
        : { kind: 'createFile', ...ids, parentId: parent, name: nameOf(path), ...file },
    );
  }

  /** As somebody does it who may do everything. */
  apply(op: object): BatchOutcome {
    this.#isOwner = true;
    const outcome = this.#run(op as BatchOp);
    this.#isOwner = false;
    if (outcome.status === 'refused') throw new Error(`the cloud refused ${JSON.stringify(op)}: ${outcome.code}`);
    return outcome;
  }

  parentIdOf(path: string): string {
    return this.#parentOf(path);
  }

  async changes(cursor: string): Promise<ChangesAnswer> {
    const since = Number(cursor);
    const items: FeedItem[] = [];
    const changed = [...this.#nodes.values()].filter(
      (stored) => stored.node.seq > since && stored.node.id !== this.rootId,
    );
    changed.sort((a, b) => this.#depth(a.node) - this.#depth(b.node) || a.node.seq - b.node.seq);
    for (const { node, trashed } of changed) {
      // Also what lies in a folder that is gone, if it changed itself: it may have come there from where the reader saw it.
      const isGone = trashed || this.#isHidden(node);
      if (isGone) items.push({ type: 'gone', id: node.id, gone: 'trashed', rev: node.rev });
      else items.push({ type: 'node', node, entered: node.rev > 1 && node.kind === 'folder' });
    }
    return { items, cursor: String(this.#seq), seq: this.#seq, epoch: this.epoch, capsRev: this.capsRev, more: false };
  }

  async listing(root: string): Promise<CloudListing> {
    if (!this.#nodes.has(root)) throw new AppError('NODE_UNKNOWN');
    const nodes = this.#live().filter((node) => root === this.rootId || this.#isBelow(node, root));
    nodes.sort((a, b) => this.#depth(a) - this.#depth(b));
    return { nodes, cursor: String(this.#seq), seq: this.#seq, epoch: this.epoch, capsRev: this.capsRev };
  }

  async commit(request: Parameters<Cloud['commit']>[0]): Promise<BatchAnswer> {
    this.onCommit();
    for (const { chunk, bytes } of request.inline) this.#bytes.set(chunk.hash, bytes);
    const outcomes = request.atomic ? this.#runAtomic(request.ops) : request.ops.map((op) => this.#run(op));
    if (this.lostAnswers > 0) {
      this.lostAnswers -= 1;
      throw new AppError('SERVER_UNREACHABLE', { server: 'memory' });
    }
    return { seq: this.#seq, epoch: this.epoch, outcomes };
  }

  async answers(opIds: readonly string[]): Promise<readonly BatchOutcome[]> {
    return opIds.flatMap((opId) => this.#answers.get(opId) ?? []);
  }

  reservedBytes(): number {
    return [...this.#rooms.values()].reduce((sum, bytes) => sum + bytes, 0);
  }

  async missing(chunks: readonly ChunkRef[], room?: Room): Promise<ReadonlySet<string>> {
    if (room && this.quotaBytes !== null) {
      if (room.bytes > this.#roomFor(room.key)) throw new AppError('QUOTA_EXCEEDED');
      this.#rooms.set(room.key, room.bytes);
    }
    return new Set(chunks.map((chunk) => chunk.hash).filter((hash) => !this.#bytes.has(hash)));
  }

  async putPack(chunks: readonly { chunk: ChunkRef; bytes: Uint8Array }[]): Promise<void> {
    for (const { chunk, bytes } of chunks) {
      if (this.#hashes.sha256Hex(bytes) !== chunk.hash) throw new AppError('CHUNK_CORRUPT');
      this.#bytes.set(chunk.hash, bytes);
      this.packedBytes += chunk.size;
    }
  }

  async bundle(nodes: readonly { nodeId: string; contentId: string }[]): Promise<readonly BundleItem[]> {
    return nodes.map(({ nodeId, contentId }) => {
      const stored = this.#nodes.get(nodeId);
      if (stored?.node.contentId !== contentId || stored.trashed)
        return { t: 'unavailable', nodeId, code: 'NODE_UNKNOWN' };
      return { t: 'bytes', nodeId, contentId, bytes: this.bytesOf(contentId) };
    });
  }

  async manifest(nodeId: string): Promise<{ contentId: string; chunks: readonly ChunkRef[] }> {
    const contentId = this.#nodes.get(nodeId)?.node.contentId;
    if (!contentId) throw new AppError('NODE_UNKNOWN');
    return { contentId, chunks: this.#manifests.get(contentId) ?? [] };
  }

  async *content(_nodeId: string, range: { contentId: string; from: number; to: number }): AsyncGenerator<Uint8Array> {
    const bytes = this.bytesOf(range.contentId);
    // In odd pieces, as a network would.
    for (let at = range.from; at < range.to; at += 70_001) yield bytes.subarray(at, Math.min(range.to, at + 70_001));
  }

  async digest(): Promise<{ count: number; digest: string; seq: number }> {
    const nodes = this.#live();
    return { count: nodes.length, digest: digestOf(nodes, (text) => this.#hashes.sha256Hex(text)), seq: this.#seq };
  }

  async caps(): Promise<Awaited<ReturnType<Cloud['caps']>>> {
    const boundaries = this.boundaries.map((boundary) => ({ ...boundary, syncRight: 'synchronizer' }));
    return { capsRev: this.capsRev, boundaries: boundaries as never };
  }

  #run(op: BatchOp): BatchOutcome {
    const known = this.#answers.get(op.opId);
    if (known) return known;
    const code = this.#refusal(op);
    const stored = this.#nodes.get(op.nodeId);
    const outcome: BatchOutcome = code
      ? { status: 'refused', opId: op.opId, code, node: stored?.node ?? null }
      : { status: 'done', opId: op.opId, node: this.#do(op) };
    if (outcome.status === 'done') this.#answers.set(op.opId, outcome);
    if (outcome.status === 'done' && 'content' in op) this.#rooms.delete(op.reservation ?? op.opId);
    return outcome;
  }

  /** What nobody else was promised. */
  #roomFor(key: string): number {
    if (this.quotaBytes === null) return Infinity;
    const contents = [...this.#nodes.values()].flatMap((stored) => stored.versions);
    const usedBytes = contents.reduce((sum, id) => sum + this.bytesOf(id).length, 0);
    return this.quotaBytes - usedBytes - this.reservedBytes() + (this.#rooms.get(key) ?? 0);
  }

  /** All or nothing; names are compared only when every operation is through. */
  #runAtomic(ops: readonly BatchOp[]): BatchOutcome[] {
    const before = new Map([...this.#nodes].map(([id, stored]) => [id, { ...stored }]));
    const outcomes = ops.map((op) => {
      const code = this.#refusal(op, { names: false });
      return code ? code : this.#do(op);
    });
    const isRefused = outcomes.some((outcome) => typeof outcome === 'string');
    const failed = isRefused || this.#hasDoubleNames() || ops.some((op) => this.#isInItself(op.nodeId));
    if (failed) {
      this.#nodes.clear();
      for (const [id, stored] of before) this.#nodes.set(id, stored);
    }
    return ops.map((op, index) => {
      const outcome = outcomes[index];
      if (failed || typeof outcome !== 'object')
        return { status: 'refused', opId: op.opId, code: 'BATCH_ABORTED', node: null };
      const done: BatchOutcome = { status: 'done', opId: op.opId, node: outcome };
      this.#answers.set(op.opId, done);
      return done;
    });
  }

  #refusal(op: BatchOp, check = { names: true }): ErrorCode | undefined {
    const refusal =
      this.#stateRefusal(op) ??
      this.#rightsRefusal(op) ??
      ('parentId' in op ? this.#placeRefusal(op, check) : undefined);
    if (refusal || !('content' in op)) return refusal;
    return op.content.size > this.#roomFor(op.reservation ?? op.opId) ? 'QUOTA_EXCEEDED' : undefined;
  }

  #stateRefusal(op: BatchOp): ErrorCode | undefined {
    const stored = this.#nodes.get(op.nodeId);
    if (op.kind === 'createFile' || op.kind === 'createFolder') return stored ? 'NODE_ID_TAKEN' : undefined;
    if (op.kind === 'restore') return stored?.trashed ? undefined : 'NOT_TRASHED';
    if (!stored || this.#isAway(stored)) return 'NODE_UNKNOWN';
    return this.#isOutdated(op, stored) ? 'REV_MISMATCH' : this.#subtreeRefusal(op);
  }

  #isAway({ node, trashed }: Stored): boolean {
    return trashed || this.#isHidden(node);
  }

  #mayDo(atom: Atom, id: string): boolean {
    if (this.#isOwner) return true;
    for (let at: string | null = id; at !== null; at = this.#nodes.get(at)?.node.parentId ?? null) {
      const boundary = this.boundaries.find((each) => each.nodeId === at);
      if (boundary) return boundary.atoms.includes(atom);
    }
    return true;
  }

  #rightsRefusal(op: BatchOp): ErrorCode | undefined {
    const known = this.#nodes.get(op.nodeId)?.node;
    const comes = 'parentId' in op && known?.parentId !== op.parentId ? op.parentId : null;
    const isAllowed = known === undefined || this.#mayDo(NEEDED[op.kind], op.nodeId);
    return isAllowed && (comes === null || this.#mayDo('create', comes)) ? undefined : 'FORBIDDEN';
  }

  #isOutdated(op: BatchOp, stored: Stored): boolean {
    return 'ifMatch' in op && op.ifMatch !== undefined && stored.node.rev !== op.ifMatch;
  }

  #subtreeRefusal(op: BatchOp): ErrorCode | undefined {
    if (op.kind !== 'trash' || op.ifSubtreeSeq === undefined) return undefined;
    return this.#subtreeSeq(op.nodeId) > op.ifSubtreeSeq ? 'SUBTREE_CHANGED' : undefined;
  }

  #placeRefusal(op: Extract<BatchOp, { parentId: unknown }>, check: { names: boolean }): ErrorCode | undefined {
    const parent = this.#nodes.get(op.parentId);
    if (!parent) return 'PARENT_UNKNOWN';
    if (parent.trashed || this.#isHidden(parent.node)) return 'PARENT_TRASHED';
    if (!check.names) return undefined;
    const isOwnChild = (op.parentId as string) === op.nodeId || this.#isBelow(parent.node, op.nodeId);
    if (op.kind === 'move' && isOwnChild) return 'MOVE_CYCLE';
    const isTaken = (node: DriveNode) =>
      node.parentId === op.parentId && node.name === op.name && node.id !== op.nodeId;
    return this.#live().some(isTaken) ? 'NAME_TAKEN' : undefined;
  }

  #do(op: BatchOp): DriveNode {
    const stored = this.#nodes.get(op.nodeId);
    const added = 'content' in op ? [this.#keepContent(op.content.chunks)] : [];
    const before = stored?.node ?? { kind: op.kind === 'createFolder' ? 'folder' : 'file', rev: 0 };
    const node = this.#make({
      ...before,
      ...changesOf(op),
      ...(added.length === 0 ? {} : { contentId: added[0] }),
      ...{ id: op.nodeId, rev: before.rev + 1 },
    });
    const versions = [...(stored?.versions ?? []), ...added];
    this.#nodes.set(op.nodeId, { node, trashed: op.kind === 'trash', versions });
    return node;
  }

  #isInItself(id: string): boolean {
    const passed = new Set<string>();
    for (
      let at: string | null = id;
      at !== null && at !== this.rootId;
      at = this.#nodes.get(at)?.node.parentId ?? null
    ) {
      if (passed.has(at)) return true;
      passed.add(at);
    }
    return false;
  }

  #keepContent(chunks: readonly ChunkRef[]): string {
    const contentId = contentIdOf(chunks, (text) => this.#hashes.sha256Hex(text));
    this.#manifests.set(contentId, chunks);
    return contentId;
  }

  #make(node: object): DriveNode {
    const defaults = { rev: 1, versionId: null, contentId: null, size: null, mtimeMs: 0, exec: false, trashedAt: null };
    return { ...defaults, ...node, seq: ++this.#seq } as DriveNode;
  }

  #live(): DriveNode[] {
    const all = [...this.#nodes.values()].filter((stored) => stored.node.id !== this.rootId && !stored.trashed);
    return all.map((stored) => stored.node).filter((node) => !this.#isHidden(node));
  }

  #isHidden(node: DriveNode): boolean {
    for (let at = node.parentId; at !== null; at = this.#nodes.get(at)?.node.parentId ?? null) {
      if (this.#nodes.get(at)?.trashed) return true;
    }
    return false;
  }

  #isBelow(node: DriveNode, ancestor: string): boolean {
    for (let at = node.parentId; at !== null; at = this.#nodes.get(at)?.node.parentId ?? null) {
      if (at === ancestor) return true;
    }
    return false;
  }

  #subtreeSeq(id: string): number {
    const below = [...this.#nodes.values()].filter((stored) => stored.node.id === id || this.#isBelow(stored.node, id));
    return Math.max(...below.map((stored) => stored.node.seq));
  }

  #hasDoubleNames(): boolean {
    const places = this.#live().map((node) => `${node.parentId}/${node.name}`);
    return new Set(places).size !== places.length;
  }

  #depth(node: DriveNode): number {
    return node.parentId === null
      ? 0
      : 1 + this.#depth(this.#nodes.get(node.parentId)?.node ?? { ...node, parentId: null });
  }

  #pathOf(node: DriveNode): string {
    const parent = node.parentId === null ? undefined : this.#nodes.get(node.parentId)?.node;
    return !parent || parent.id === this.rootId ? node.name : `${this.#pathOf(parent)}/${node.name}`;
  }

  #parentOf(path: string): string {
    const slash = path.lastIndexOf('/');
    return slash < 0 ? this.rootId : (this.find(path.slice(0, slash))?.id ?? this.rootId);
  }
}

const NEEDED: Readonly<Record<BatchOp['kind'], Atom>> = {
  ...{ createFile: 'create', createFolder: 'create', putVersion: 'update', setMeta: 'update' },
  ...{ move: 'move', trash: 'delete', restore: 'delete' },
};

function changesOf(op: BatchOp): object {
  return {
    ...('parentId' in op ? { parentId: op.parentId, name: op.name } : {}),
    ...('content' in op ? { size: op.content.size } : {}),
    ...('exec' in op ? { mtimeMs: op.mtimeMs, exec: op.exec } : {}),
  };
}

function nameOf(path: string): string {
  return path.slice(path.lastIndexOf('/') + 1);
}

function joined(parts: readonly Uint8Array[]): Uint8Array {
  const whole = new Uint8Array(parts.reduce((sum, part) => sum + part.length, 0));
  let at = 0;
  for (const part of parts) {
    whole.set(part, at);
    at += part.length;
  }
  return whole;
}
