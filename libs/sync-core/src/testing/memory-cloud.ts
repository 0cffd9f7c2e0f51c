import type { BatchOutcome, DriveNode } from '@tideline/contracts';
import {
  AppError,
  FOLDER_ROLE_ATOMS,
  SYNC_RIGHT_ATOMS,
  contentIdOf,
  digestOf,
  isCloudName,
  type Atom,
  type BatchAnswer,
  type BatchOp,
  type ChangesAnswer,
  type ChunkRef,
  type ErrorCode,
  type FeedItem,
  type SyncRight,
} from '@tideline/contracts';
import type { BundleItem, Cloud, CloudListing, FileVersion, Room } from '../ports/cloud.ts';
import type { Hashes } from '../ports/clock.ts';

type Stored = {
  node: DriveNode;
  trashed: boolean;
  versions: string[];
  /** Where it was, from each seq on: what the feed judges moves by. */
  places: readonly Place[];
};
type Place = { readonly seq: number; readonly parentId: string | null; readonly trashed: boolean };
type Existing = Exclude<BatchOp, { kind: 'createFile' | 'createFolder' }>;
type Attempt = { readonly node: DriveNode; readonly isChanged: boolean; readonly undo: () => void };
type Home = {
  readonly place?: { readonly parentId: string | null; readonly name: string };
  readonly made: readonly string[];
};
type Refusal = { readonly code: ErrorCode; readonly node: DriveNode | null; readonly missing?: ChunkRef['hash'][] };

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
  /** By room: bytes that have arrived for it. */
  readonly #sent = new Map<string, number>();
  /** What the person may do from each folder downwards; whoever changes it raises `capsRev`. Empty: everything. */
  boundaries: { nodeId: string; atoms: readonly Atom[]; syncRight?: SyncRight }[] = [];
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
    this.#nodes.set(rootId, { node: root, trashed: false, versions: [], places: [] });
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

  /** The person is an Uploader in this folder from now on: makes new things there and changes none (PE-6). */
  makeUploader(folderId: string): void {
    this.#bound({ nodeId: folderId, atoms: FOLDER_ROLE_ATOMS.uploader, syncRight: 'none' });
  }

  makeBacker(folderId: string): void {
    this.#bound({ nodeId: folderId, atoms: SYNC_RIGHT_ATOMS.backer, syncRight: 'backer' });
  }

  #bound(boundary: MemoryCloud['boundaries'][number]): void {
    this.boundaries = [...this.boundaries, boundary];
    this.capsRev += 1;
  }

  async changes(cursor: string): Promise<ChangesAnswer> {
    if (!/^\d+$/.test(cursor)) throw new AppError('CURSOR_INVALID');
    const since = Number(cursor);
    const changed = [...this.#nodes.values()].filter(
      (stored) => stored.node.seq > since && stored.node.id !== this.rootId,
    );
    changed.sort((a, b) => this.#depth(a.node) - this.#depth(b.node) || a.node.seq - b.node.seq);
    const nodes: FeedItem[] = [];
    const gone: FeedItem[] = [];
    for (const stored of changed) {
      const { node } = stored;
      const hasMoved = wasMoved(stored.places, since);
      // What stayed in a folder that is gone goes with it; what moved there is told, it may come from where the reader saw it.
      if (!this.#isAway(stored)) nodes.push({ type: 'node', node, entered: hasMoved && node.kind === 'folder' });
      else if (hasMoved) gone.push({ type: 'gone', id: node.id, gone: 'trashed', rev: node.rev });
    }
    const { epoch, capsRev } = this;
    return { items: [...nodes, ...gone], cursor: String(this.#seq), seq: this.#seq, epoch, capsRev, more: false };
  }

  async listing(root: string): Promise<CloudListing> {
    const nodes = [this.#liveFolder(root), ...this.#liveBelow(root)];
    nodes.sort((a, b) => this.#depth(a) - this.#depth(b));
    return { nodes, cursor: String(this.#seq), seq: this.#seq, epoch: this.epoch, capsRev: this.capsRev };
  }

  async commit(request: Parameters<Cloud['commit']>[0]): Promise<BatchAnswer> {
    this.onCommit();
    const ops = request.ops.map(readOp);
    if (new Set(ops.map((op) => op.opId)).size < ops.length) throw new AppError('INVALID_INPUT', { reason: 'opId' });
    for (const part of request.inline) this.#verify(part);
    for (const { chunk, bytes } of request.inline) this.#bytes.set(chunk.hash, bytes);
    const outcomes = request.atomic ? this.#runAtomic(ops) : ops.map((op) => this.#run(op));
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

  async missing(chunks: readonly ChunkRef[], ...rooms: readonly Room[]): Promise<ReadonlySet<string>> {
    const smallest = chunks.reduce((least, chunk) => Math.min(least, chunk.size), Infinity);
    if (rooms.length === 0 && Number.isFinite(smallest) && smallest > this.#roomFor('')) {
      throw new AppError('QUOTA_EXCEEDED');
    }
    this.#reserve(rooms);
    return new Set(this.#lacking(chunks));
  }

  /** All of them or none. */
  #reserve(rooms: readonly Room[]): void {
    if (this.quotaBytes === null) return;
    const before = new Map(this.#rooms);
    for (const { key, bytes } of rooms) {
      if (bytes <= this.#roomFor(key)) this.#rooms.set(key, bytes);
      else {
        this.#rooms.clear();
        for (const [kept, size] of before) this.#rooms.set(kept, size);
        throw new AppError('QUOTA_EXCEEDED');
      }
    }
  }

  /** What is not here yet comes out of the room that is kept for its upload, and of more where that was for less. */
  #countSent(chunks: readonly ChunkRef[], roomKey: string | undefined): void {
    const lacking = new Set(this.#lacking(chunks));
    const sizes = new Map(chunks.filter(({ hash }) => lacking.has(hash)).map(({ hash, size }) => [hash, size]));
    const bytes = [...sizes.values()].reduce((sum, size) => sum + size, 0);
    if (this.quotaBytes === null || bytes === 0) return;
    if (roomKey === undefined) throw new AppError('QUOTA_EXCEEDED');
    const sent = (this.#sent.get(roomKey) ?? 0) + bytes;
    const kept = this.#rooms.get(roomKey) ?? 0;
    if (sent > kept && sent > this.#roomFor(roomKey)) throw new AppError('QUOTA_EXCEEDED');
    this.#rooms.set(roomKey, Math.max(kept, sent));
    this.#sent.set(roomKey, sent);
  }

  /** What was sent of a file before it became another one is not held against it any more. */
  anHourLater(): void {
    this.#sent.clear();
  }

  #lacking(chunks: readonly ChunkRef[]): ChunkRef['hash'][] {
    return chunks.map((chunk) => chunk.hash).filter((hash) => !this.#bytes.has(hash));
  }

  #verify({ chunk, bytes }: { chunk: ChunkRef; bytes: Uint8Array }): void {
    if (this.#hashes.sha256Hex(bytes) !== chunk.hash) throw new AppError('CHUNK_CORRUPT');
  }

  async putPack(chunks: readonly { chunk: ChunkRef; bytes: Uint8Array }[], roomKey?: string): Promise<void> {
    for (const part of chunks) this.#verify(part);
    this.#countSent(
      chunks.map(({ chunk }) => chunk),
      roomKey,
    );
    for (const { chunk, bytes } of chunks) {
      this.#bytes.set(chunk.hash, bytes.slice()); // the sender uses its buffer again
      this.packedBytes += chunk.size;
    }
  }

  async bundle(nodes: readonly { nodeId: string; contentId: string }[]): Promise<readonly BundleItem[]> {
    return nodes.map(({ nodeId, contentId }) => {
      const stored = this.#nodes.get(nodeId);
      if (!stored || this.#isAway(stored)) return { t: 'unavailable', nodeId, code: 'NODE_UNKNOWN' };
      if (stored.node.contentId !== contentId) return { t: 'unavailable', nodeId, code: 'REV_MISMATCH' };
      return { t: 'bytes', nodeId, contentId, bytes: this.bytesOf(contentId) };
    });
  }

  async manifest(nodeId: string): Promise<{ contentId: string; chunks: readonly ChunkRef[] }> {
    const contentId = this.#nodes.get(nodeId)?.node.contentId;
    if (!contentId) throw new AppError('NODE_UNKNOWN');
    return { contentId, chunks: this.#manifests.get(contentId) ?? [] };
  }

  async keptVersions(asked: readonly FileVersion[]): Promise<readonly FileVersion[]> {
    return asked.filter(({ nodeId, contentId }) => this.#nodes.get(nodeId)?.versions.includes(contentId));
  }

  async *content(nodeId: string, range: { contentId: string; from: number; to: number }): AsyncGenerator<Uint8Array> {
    if (this.#nodes.get(nodeId)?.node.contentId !== range.contentId) return;
    const bytes = this.bytesOf(range.contentId);
    // In odd pieces, as a network would.
    for (let at = range.from; at < range.to; at += 70_001) yield bytes.subarray(at, Math.min(range.to, at + 70_001));
  }

  async digest(root: string): Promise<{ count: number; digest: string; seq: number }> {
    this.#liveFolder(root);
    const nodes = this.#liveBelow(root);
    return { count: nodes.length, digest: digestOf(nodes, (text) => this.#hashes.sha256Hex(text)), seq: this.#seq };
  }

  async caps(): Promise<Awaited<ReturnType<Cloud['caps']>>> {
    const boundaries = this.boundaries.map((boundary) => ({ syncRight: 'synchronizer', ...boundary }));
    return { capsRev: this.capsRev, boundaries: boundaries as never };
  }

  #run(op: BatchOp): BatchOutcome {
    const known = this.#answers.get(op.opId);
    if (known) return known;
    const attempt = this.#attempt(op);
    if ('code' in attempt) return refused(op, attempt);
    const refusal = attempt.isChanged ? this.#placeRefusal(op) : undefined;
    if (!refusal) return this.#finish(op, attempt);
    attempt.undo();
    return refused(op, refusal);
  }

  /** Carried out, whatever the place it leads to. */
  #attempt(op: BatchOp): Refusal | Attempt {
    const refusal = this.#refusal(op);
    if (refusal) return refusal;
    const [before, seq] = [this.#nodes.get(op.nodeId), this.#seq];
    if (before && !changesNode(op, before)) return { node: before.node, isChanged: false, undo: () => undefined };
    const home: Refusal | Home = op.kind === 'restore' && before ? this.#findHome(op, before) : { made: [] };
    if ('code' in home) return home;
    const node = this.#do(op, home.place);
    const undo = () => {
      for (const id of home.made) this.#nodes.delete(id);
      if (before) this.#nodes.set(op.nodeId, before);
      else this.#nodes.delete(op.nodeId);
      this.#seq = seq;
    };
    return { node, isChanged: true, undo };
  }

  /** Answers are kept of what was changed; asked again, the rest comes to the same or may succeed by now. */
  #finish(op: BatchOp, { node, isChanged }: Attempt): BatchOutcome {
    const outcome: BatchOutcome = { status: 'done', opId: op.opId, node };
    if (isChanged) this.#answers.set(op.opId, outcome);
    if ('content' in op) {
      this.#rooms.delete(op.reservation ?? op.opId);
      this.#sent.delete(op.reservation ?? op.opId);
    }
    return outcome;
  }

  /** What nobody else was promised. */
  #roomFor(key: string): number {
    if (this.quotaBytes === null) return Infinity;
    const contents = [...this.#nodes.values()].flatMap((stored) => stored.versions);
    const usedBytes = contents.reduce((sum, id) => sum + this.bytesOf(id).length, 0);
    return this.quotaBytes - usedBytes - this.reservedBytes() + (this.#rooms.get(key) ?? 0);
  }

  /** All or nothing; places are judged only when every operation is through. */
  #runAtomic(ops: readonly BatchOp[]): BatchOutcome[] {
    const tried = ops.map((op) => this.#answers.get(op.opId) ?? this.#attempt(op));
    const judged = tried.map((each, index) => {
      const op = ops[index];
      return op && 'undo' in each ? (this.#placeRefusal(op) ?? each) : each;
    });
    const isDone = judged.every((each) => !('code' in each));
    if (!isDone) for (const each of tried.toReversed()) if ('undo' in each) each.undo();
    return ops.map((op, index) => {
      const each = judged[index];
      if (each && 'status' in each) return each;
      if (each && 'code' in each) return refused(op, each);
      return isDone && each ? this.#finish(op, each) : refused(op, { code: 'BATCH_ABORTED', node: null });
    });
  }

  #refusal(op: BatchOp): Refusal | undefined {
    const node = this.#nodes.get(op.nodeId)?.node ?? null;
    const place = wantedPlaceOf(op);
    const state = this.#stateRefusal(op);
    if (state) return { code: state, node };
    const barrier = this.#barrierTo(op);
    if (barrier) return { code: 'SUBTREE_FORBIDDEN', node: barrier };
    const code = place && this.#parentRefusal(op, place.parentId);
    return code ? { code, node } : this.#contentRefusal(op, node);
  }

  #contentRefusal(op: BatchOp, node: DriveNode | null): Refusal | undefined {
    if (!('content' in op)) return undefined;
    const missing = this.#lacking(op.content.chunks);
    if (missing.length > 0) return { code: 'CHUNKS_MISSING', node, missing };
    return op.content.size > this.#roomFor(op.reservation ?? op.opId) ? { code: 'QUOTA_EXCEEDED', node } : undefined;
  }

  #stateRefusal(op: BatchOp): ErrorCode | undefined {
    const stored = this.#nodes.get(op.nodeId);
    if (op.kind === 'createFile' || op.kind === 'createFolder') return stored ? 'NODE_ID_TAKEN' : undefined;
    return stored ? this.#existingRefusal(op, stored) : 'NODE_UNKNOWN';
  }

  #existingRefusal(op: Existing, stored: Stored): ErrorCode | undefined {
    if (!this.#mayDo(NEEDED[op.kind], op.nodeId)) return 'FORBIDDEN';
    if (stored.node.id === this.rootId) return 'ROOT_IMMUTABLE';
    if (op.kind === 'restore') return stored.trashed ? undefined : 'NOT_TRASHED';
    if (this.#isOutdated(op, stored)) return 'REV_MISMATCH';
    return this.#unwritable(op, stored) ?? this.#subtreeRefusal(op);
  }

  #unwritable(op: BatchOp, { node, trashed }: Stored): ErrorCode | undefined {
    const isWrite = op.kind === 'putVersion' || op.kind === 'setMeta';
    if (isWrite && node.kind === 'folder') return 'KIND_MISMATCH';
    if (trashed) return 'NODE_TRASHED';
    return isWrite && this.#isHidden(node) ? 'PARENT_TRASHED' : undefined;
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

  /** PE-4: a folder takes nothing along that could not go by itself. */
  #barrierTo(op: BatchOp): DriveNode | undefined {
    const leaves = op.kind === 'move' && this.#nodes.get(op.nodeId)?.node.parentId !== op.parentId;
    if (this.#isOwner || !(leaves || op.kind === 'trash')) return undefined;
    const atom = op.kind === 'trash' ? 'delete' : 'move';
    const narrow = this.boundaries.filter(({ nodeId, atoms }) => nodeId !== op.nodeId && !atoms.includes(atom));
    const barrier = narrow.find(({ nodeId }) => this.#liesBelow(nodeId, op.nodeId));
    return barrier && this.#nodes.get(barrier.nodeId)?.node;
  }

  #liesBelow(id: string, folderId: string): boolean {
    let at = this.#nodes.get(id);
    while (at && !at.trashed && at.node.id !== folderId) at = this.#nodes.get(at.node.parentId ?? '');
    return at?.node.id === folderId;
  }

  #isOutdated(op: BatchOp, stored: Stored): boolean {
    return 'ifMatch' in op && op.ifMatch !== undefined && stored.node.rev !== op.ifMatch;
  }

  #subtreeRefusal(op: BatchOp): ErrorCode | undefined {
    if ((op.kind !== 'trash' && op.kind !== 'move') || op.ifSubtreeSeq === undefined) return undefined;
    return this.#subtreeSeq(op.nodeId) > op.ifSubtreeSeq ? 'SUBTREE_CHANGED' : undefined;
  }

  #parentRefusal(op: BatchOp, parentId: string): ErrorCode | undefined {
    const parent = this.#nodes.get(parentId);
    if (!parent) return 'PARENT_UNKNOWN';
    if (parent.node.kind !== 'folder') return 'PARENT_NOT_FOLDER';
    const isRename = this.#nodes.get(op.nodeId)?.node.parentId === parentId;
    return isRename || (this.#mayDo('create', parentId) && !this.#readsMore(op, parentId)) ? undefined : 'FORBIDDEN';
  }

  /** PE-6: nobody reads more of something by putting it elsewhere. */
  #readsMore(op: BatchOp, parentId: string): boolean {
    const isPut = op.kind === 'move' || op.kind === 'restore';
    if (!isPut || this.boundaries.some(({ nodeId }) => nodeId === op.nodeId)) return false;
    return SEEING.some((atom) => this.#mayDo(atom, parentId) && !this.#mayDo(atom, op.nodeId));
  }

  /** Whether the node may stand where the operation has put it: not inside itself, in a live folder, under a free name. */
  #placeRefusal(op: BatchOp): Refusal | undefined {
    if (!PLACING.has(op.kind)) return undefined;
    const { node, trashed } = this.#nodes.get(op.nodeId) ?? {};
    if (!node || trashed) return undefined;
    if (this.#isInItself(node.id)) return { code: 'MOVE_CYCLE', node: null };
    if (this.#isHidden(node)) return { code: 'PARENT_TRASHED', node: null };
    return this.#occupant(node.parentId, node.name, node.id) ? { code: 'NAME_TAKEN', node: null } : undefined;
  }

  #occupant(parentId: string | null, name: string, exceptId: string): DriveNode | undefined {
    for (const { node, trashed } of this.#nodes.values()) {
      if (!trashed && node.parentId === parentId && node.name === name && node.id !== exceptId) return node;
    }
    return undefined;
  }

  /** VE-2: where a node of the bin belongs; folders of its path that are in the bin themselves are made again. */
  #findHome(op: Extract<BatchOp, { kind: 'restore' }>, { node }: Stored): Refusal | Home {
    if (op.to) return { place: op.to, made: [] };
    const gone = this.#goneAbove(node.parentId);
    const made: string[] = [];
    let parentId: string = (gone.at(-1) ?? node).parentId ?? this.rootId;
    for (const { name } of gone.toReversed()) {
      const occupant = this.#occupant(parentId, name, op.nodeId);
      if (occupant?.kind === 'file') return { code: 'NAME_TAKEN', node: occupant };
      parentId = occupant?.id ?? this.#makeFolder(parentId, name);
      if (!occupant) made.push(parentId);
    }
    return { place: { parentId: parentId, name: node.name }, made };
  }

  /** Upwards from a folder, the folders that are gone: up to the highest one in the bin. */
  #goneAbove(id: string | null): DriveNode[] {
    const above: Stored[] = [];
    for (let at = id; at !== null;) {
      const stored = this.#nodes.get(at);
      if (!stored) break;
      above.push(stored);
      at = stored.node.parentId;
    }
    return above.slice(0, above.findLastIndex((folder) => folder.trashed) + 1).map(({ node }) => node);
  }

  #makeFolder(parentId: string | null, name: string): string {
    const id = `00000000-0000-7000-8fff-${(this.#seq + 1).toString(16).padStart(12, '0')}`;
    const node = this.#make({ id, parentId, name, kind: 'folder' });
    this.#nodes.set(id, { node, trashed: false, versions: [], places: [placeOf(node, false)] });
    return id;
  }

  #do(op: BatchOp, place: object = {}): DriveNode {
    const kind = op.kind === 'createFolder' ? 'folder' : 'file';
    const {
      node: before,
      trashed,
      versions,
      places,
    } = this.#nodes.get(op.nodeId) ?? { ...NOTHING, node: { kind, rev: 0 } };
    const isTrashed = op.kind === 'trash' || (op.kind !== 'restore' && trashed);
    const added = 'content' in op ? [this.#keepContent(op.content.chunks)] : [];
    const node = this.#make({
      ...before,
      ...changesOf(op),
      ...place,
      ...(added.length === 0 ? {} : { contentId: added[0] }),
      ...{ id: op.nodeId, rev: before.rev + 1, trashedAt: isTrashed ? TRASHED_AT : null },
    });
    const history = { versions: [...versions, ...added], places: [...places, placeOf(node, isTrashed)] };
    this.#nodes.set(op.nodeId, { node, trashed: isTrashed, ...history });
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
    const defaults = {
      rev: 1,
      versionId: null,
      contentId: null,
      size: null,
      mtimeMs: null,
      exec: false,
      trashedAt: null,
    };
    return { ...defaults, ...node, seq: ++this.#seq } as DriveNode;
  }

  #liveFolder(id: string): DriveNode {
    const stored = this.#nodes.get(id);
    if (!stored || this.#isAway(stored)) throw new AppError('NODE_UNKNOWN');
    return stored.node;
  }

  #liveBelow(root: string): DriveNode[] {
    return this.#live().filter((node) => root === this.rootId || this.#isBelow(node, root));
  }

  #live(): DriveNode[] {
    const all = [...this.#nodes.values()].filter((stored) => stored.node.id !== this.rootId && !stored.trashed);
    return all.map((stored) => stored.node).filter((node) => !this.#isHidden(node));
  }

  /** Upwards, each once: in the middle of an atomic batch folders may lie in each other. */
  *#above(node: DriveNode): Generator<string> {
    let left = this.#nodes.size;
    for (let at = node.parentId; at !== null && left > 0; at = this.#nodes.get(at)?.node.parentId ?? null) {
      left -= 1;
      yield at;
    }
  }

  #isHidden(node: DriveNode): boolean {
    for (const at of this.#above(node)) {
      if (this.#nodes.get(at)?.trashed) return true;
    }
    return false;
  }

  #isBelow(node: DriveNode, ancestor: string): boolean {
    for (const at of this.#above(node)) {
      if (at === ancestor) return true;
    }
    return false;
  }

  #subtreeSeq(id: string): number {
    const below = [...this.#nodes.values()].filter((stored) => stored.node.id === id || this.#isBelow(stored.node, id));
    return Math.max(...below.map((stored) => stored.node.seq));
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

const PLACING: ReadonlySet<BatchOp['kind']> = new Set(['createFolder', 'createFile', 'move', 'restore']);
const SEEING: readonly Atom[] = ['visible', 'list', 'preview', 'download'];
const NOTHING: Omit<Stored, 'node'> = { trashed: false, versions: [], places: [] };
const TRASHED_AT = '1970-01-01T00:00:00.000Z';
const NEEDED: Readonly<Record<BatchOp['kind'], Atom>> = {
  ...{ createFile: 'create', createFolder: 'create', putVersion: 'update', setMeta: 'update' },
  ...{ move: 'move', trash: 'delete', restore: 'delete' },
};
/** As the wire reads it: a name that the drive cannot hold refuses the whole request. */
function readOp(op: BatchOp): BatchOp {
  const name = 'name' in op ? op.name : op.kind === 'restore' ? op.to?.name : undefined;
  if (name === undefined) return op;
  if (!isCloudName(name)) throw new AppError('INVALID_INPUT', { reason: 'name' });
  const nfc = name.normalize('NFC');
  if ('name' in op) return { ...op, name: nfc };
  return op.kind === 'restore' && op.to ? { ...op, to: { ...op.to, name: nfc } } : op;
}

function refused(op: BatchOp, { code, node, missing }: Refusal): BatchOutcome {
  return { status: 'refused', opId: op.opId, code, node, ...(missing ? { missing } : {}) };
}

function changesNode(op: BatchOp, { node }: Stored): boolean {
  if (op.kind === 'setMeta') return node.mtimeMs !== op.mtimeMs || node.exec !== op.exec;
  return op.kind !== 'move' || node.parentId !== op.parentId || node.name !== op.name;
}

function wantedPlaceOf(op: BatchOp): { readonly parentId: string } | undefined {
  if (op.kind === 'restore') return op.to;
  return 'parentId' in op ? op : undefined;
}

function placeOf({ seq, parentId }: DriveNode, trashed: boolean): Place {
  return { seq, parentId, trashed };
}

/** Moved, trashed or restored after a seq, back and forth included. */
function wasMoved(places: readonly Place[], since: number): boolean {
  const known = Math.max(
    places.findLastIndex((place) => place.seq <= since),
    0,
  );
  return places
    .slice(known + 1)
    .some(
      (place, at) => place.parentId !== places[known + at]?.parentId || place.trashed !== places[known + at]?.trashed,
    );
}

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
