import { hash } from 'node:crypto';
import {
  AppError,
  ATOMS,
  contentIdOf,
  digestOf,
  type Atom,
  type BatchAnswer,
  type BatchOp,
  type BatchOutcome,
  type CapsAnswer,
  type ChangesAnswer,
  type ChunkRef,
  type DriveNode,
  type FeedItem,
} from '@tideline/contracts';
import type { BundleItem, CloudListing, FileVersion } from '@tideline/sync-core';
import { planFeedPage, type PastState } from '../../../apps/console-api/src/change-feed/feed-page.ts';
import { BatchTree } from '../../../apps/console-api/src/drive/batch-tree.ts';
import { decideBatch } from '../../../apps/console-api/src/drive/decide-batch.ts';

export const sha256Hex = (bytes: Uint8Array | string): string => hash('sha256', bytes, 'hex');

type Atoms = ReadonlySet<Atom>;
export type Sight = { readonly hidden: ReadonlySet<string>; readonly readOnly: ReadonlySet<string> };
const ALL: Atoms = new Set(ATOMS);
const ALL_RIGHTS = { atoms: ALL };
const READ: Atoms = new Set<Atom>(['visible', 'list', 'preview', 'download']);

type Stored = { node: DriveNode; readonly versions: string[]; states: PastState[] };
type Backup = { readonly nodes: readonly (readonly [string, Stored])[]; readonly seq: number };

/** What the drive was asked to commit and did, for whoever watches. */
export type Committed = {
  readonly who: string;
  readonly op: BatchOp;
  readonly before: DriveNode | null;
  readonly after: DriveNode;
};

/**
 * The drive in memory: one space, whose batches and feed pages are decided by the very code of the server. Versions and bin are
 * kept for ever. Rights are per device: folders it may not see, folders it may only read.
 */
export class VirtualCloud {
  readonly rootId: string;
  readonly nodes = new Map<string, Stored>();
  readonly bytes = new Map<string, Uint8Array>();
  readonly sights = new Map<string, Sight>();
  onCommitted: (committed: Committed) => void = () => undefined;
  onChanged: () => void = () => undefined;
  roomBytes: number | null = null;
  seq = 0;
  capsRev = 1;
  changes = 0;
  /** Whoever was ever called so, by name. */
  readonly #namesakes = new Map<string, Set<string>>();
  readonly #manifests = new Map<string, readonly ChunkRef[]>();
  readonly #answers = new Map<string, BatchOutcome>();
  #log: { readonly seq: number; readonly id: string }[] = [];
  #epoch = 1;
  #children: ReadonlyMap<string | null, readonly Stored[]> = new Map();
  #childrenAt = -1;
  #feedFromSeq = 0;
  #made = 0;
  #backup: Backup | null = null;
  readonly #nowMs: () => number;

  constructor(rootId: string, nowMs: () => number) {
    this.rootId = rootId;
    this.#nowMs = nowMs;
    this.#write(rootNode(rootId));
  }

  get epoch(): string {
    return `epoch-${this.#epoch}`;
  }

  // --- what a device asks -------------------------------------------------------------------------------------------------

  commit(who: string, request: { atomic: boolean; ops: readonly BatchOp[]; inline: readonly Inline[] }): BatchAnswer {
    for (const { chunk, bytes } of request.inline) this.#keep(chunk, bytes);
    const nodes = [...this.nodes.values()].map((stored) => stored.node);
    const decision = decideBatch({
      ops: request.ops,
      atomic: request.atomic,
      answered: this.#answers,
      tree: new BatchTree(nodes, this.#rights(who)),
      takenIds: NOTHING,
      purged: NOTHING,
      lostPaths: NO_PATHS,
      keptBytes: NO_BYTES_KEPT,
      newNodeId: () => this.#newNodeId() as never,
      unusable: this.#unusable(request.ops),
      changedSubtrees: this.#changedSubtrees(request.ops),
      roomBytes: this.roomBytes,
      seq: this.seq,
      now: new Date(this.#nowMs()).toISOString(),
      newVersionId: () => `v${this.seq}` as never,
      contentIdOf: (chunks) => this.#contentId(chunks) as never,
    });
    const ops = new Map<string, BatchOp>(request.ops.map((op) => [op.opId, op]));
    const done = new Map(decision.outcomes.map((outcome) => [outcome.opId as string, outcome]));
    for (const change of decision.changes) {
      if (change.version) this.#manifests.set(change.version.contentId, change.version.chunks);
      this.#write(change.after, change.version?.contentId);
      this.#spend(change.version?.size ?? 0);
      const [outcome, op] = [done.get(change.opId), ops.get(change.opId)];
      if (outcome) this.#answers.set(change.opId, outcome);
      if (op) this.onCommitted({ who, op, before: change.before, after: change.after });
    }
    if (decision.changes.length > 0) this.onChanged();
    return { seq: this.seq, epoch: this.epoch, outcomes: [...decision.outcomes] };
  }

  answers(opIds: readonly string[]): BatchOutcome[] {
    return opIds.flatMap((opId) => this.#answers.get(opId) ?? []);
  }

  changesSince(who: string, cursor: string, limit: number): ChangesAnswer {
    const [seqText = '', epoch = ''] = cursor.split('@');
    const since = Number(seqText);
    const standing = { seq: this.seq, epoch: this.epoch, capsRev: this.capsRev, more: false };
    if (this.#sight(who).hidden.has(this.rootId)) {
      const gone: FeedItem = { type: 'gone', id: this.rootId as never, gone: 'revoked', rev: 1 };
      return { ...standing, items: epoch === this.epoch ? [gone] : [], cursor };
    }
    if (epoch !== this.epoch) return { ...standing, items: [], cursor };
    if (since < this.#feedFromSeq) throw new AppError('CURSOR_EXPIRED');
    const found = this.#log.filter((each) => each.seq > since);
    const window = found.slice(0, limit);
    const more = found.length > limit;
    const endSeq = more ? (window.at(-1)?.seq ?? since) : this.seq;
    const items = this.#tell({ who, since, changed: window.map((each) => each.id) });
    return { ...standing, items, cursor: `${endSeq}@${this.epoch}`, more };
  }

  listing(who: string, root: string): CloudListing {
    const sight = this.#sight(who);
    if (sight.hidden.has(this.rootId) || !this.isInSight(who, root)) throw new AppError('NODE_UNKNOWN');
    const { seq, epoch, capsRev } = this;
    return { nodes: this.below(root, sight.hidden), cursor: `${seq}@${epoch}`, seq, epoch, capsRev };
  }

  digest(who: string): { count: number; digest: string; seq: number } {
    const nodes = this.below(this.rootId, this.#sight(who).hidden);
    return { count: nodes.length, digest: digestOf(nodes, sha256Hex), seq: this.seq };
  }

  caps(who: string): CapsAnswer {
    const { hidden, readOnly } = this.#sight(who);
    const boundary = (nodeId: string, atoms: Atoms): CapsAnswer['boundaries'][number] => ({
      nodeId: nodeId as never,
      atoms: [...atoms],
      syncRight: 'synchronizer',
    });
    const atRoot = hidden.has(this.rootId) ? [] : [boundary(this.rootId, ALL)];
    const below = [
      ...[...hidden].map((id) => boundary(id, NO_ATOMS)),
      ...[...readOnly].map((id) => boundary(id, READ)),
    ];
    return { capsRev: this.capsRev, boundaries: [...atRoot, ...below] };
  }

  missing(chunks: readonly ChunkRef[]): Set<string> {
    return new Set(chunks.map((chunk) => chunk.hash).filter((hash) => !this.bytes.has(hash)));
  }

  putPack(chunks: readonly Inline[]): void {
    for (const { chunk, bytes } of chunks) this.#keep(chunk, bytes);
  }

  bundle(who: string, wanted: readonly { nodeId: string; contentId: string }[]): BundleItem[] {
    return wanted.map(({ nodeId, contentId }) => {
      const stored = this.nodes.get(nodeId);
      const isThere = stored?.node.contentId === contentId && this.isInSight(who, nodeId);
      if (!isThere) return { t: 'unavailable', nodeId, code: 'NODE_UNKNOWN' };
      return { t: 'bytes', nodeId, contentId, bytes: this.contentOf(contentId).slice() };
    });
  }

  manifest(who: string, nodeId: string): { contentId: string; chunks: readonly ChunkRef[] } {
    const contentId = this.nodes.get(nodeId)?.node.contentId;
    if (!contentId || !this.isInSight(who, nodeId)) throw new AppError('NODE_UNKNOWN');
    return { contentId, chunks: this.#manifests.get(contentId) ?? [] };
  }

  keptVersions(who: string, asked: readonly FileVersion[]): FileVersion[] {
    return asked.filter(({ nodeId, contentId }) => {
      const isKept = this.nodes.get(nodeId)?.versions.includes(contentId) === true;
      return isKept && this.isInSight(who, nodeId);
    });
  }

  // --- what people and the operator do ------------------------------------------------------------------------------------

  setSight(who: string, sight: Sight): void {
    this.sights.set(who, sight);
    this.capsRev += 1;
    this.changes += 1;
    this.onChanged();
  }

  takeBackup(): void {
    const nodes = [...this.nodes].map(([id, stored]) => [id, copyOf(stored)] as const);
    this.#backup = { nodes, seq: this.seq };
  }

  /** The server is what it was: whatever came after is not known to it any more, its answers neither. */
  restoreBackup(): void {
    if (!this.#backup) return;
    this.nodes.clear();
    for (const [id, stored] of this.#backup.nodes) this.nodes.set(id, copyOf(stored));
    this.seq = this.#backup.seq;
    this.#log = this.#log.filter((each) => each.seq <= this.seq);
    this.#answers.clear();
    this.#epoch += 1;
    this.changes += 1;
    this.onChanged();
  }

  get hasBackup(): boolean {
    return this.#backup !== null;
  }

  forgetFeed(): void {
    this.#feedFromSeq = this.seq;
  }

  // --- what is there ------------------------------------------------------------------------------------------------------

  /** Live nodes below a folder, parents first. */
  below(root: string, hidden: ReadonlySet<string> = NOTHING): DriveNode[] {
    const children = this.#childrenNow();
    const found: DriveNode[] = [];
    const open = [root];
    for (let at = 0; at < open.length; at++) {
      for (const { node } of children.get(open[at] as never) ?? []) {
        if (node.trashedAt !== null || hidden.has(node.id)) continue;
        found.push(node);
        if (node.kind === 'folder') open.push(node.id);
      }
    }
    return found;
  }

  /** By folder, of all nodes, live or not. */
  #childrenNow(): ReadonlyMap<string | null, readonly Stored[]> {
    if (this.#childrenAt === this.changes) return this.#children;
    this.#childrenAt = this.changes;
    this.#children = Map.groupBy(this.nodes.values(), (stored) => stored.node.parentId);
    return this.#children;
  }

  isInSight(who: string, id: string): boolean {
    const { hidden } = this.#sight(who);
    for (let at: string | null = id; at !== null; at = this.nodes.get(at)?.node.parentId ?? null) {
      const node = this.nodes.get(at)?.node;
      if (!node || node.trashedAt !== null || hidden.has(at)) return false;
    }
    return true;
  }

  hasHadNamesake({ id }: DriveNode, name: string): boolean {
    return [...(this.#namesakes.get(name) ?? [])].some((other) => other !== id);
  }

  isLive(id: string): boolean {
    return this.nodes.has(id) && this.isInSight('', id);
  }

  contentOf(contentId: string): Uint8Array {
    const parts = (this.#manifests.get(contentId) ?? []).map((chunk) => this.bytes.get(chunk.hash) ?? new Uint8Array());
    const [only] = parts;
    return parts.length === 1 && only ? only : Buffer.concat(parts);
  }

  #sight(who: string): Sight {
    return this.sights.get(who) ?? FREE_SIGHT;
  }

  #rights(who: string): Map<string, { atoms: Atoms }> {
    const { hidden, readOnly } = this.#sight(who);
    const rights = new Map<string, { atoms: Atoms }>();
    if (hidden.size + readOnly.size === 0) {
      for (const id of this.nodes.keys()) rights.set(id, ALL_RIGHTS);
      return rights;
    }
    for (const id of this.nodes.keys()) {
      const chain = this.#chain(id);
      if (chain.some((each) => hidden.has(each))) continue;
      rights.set(id, { atoms: chain.some((each) => readOnly.has(each)) ? READ : ALL });
    }
    return rights;
  }

  #chain(id: string): string[] {
    const chain: string[] = [];
    for (let at: string | null = id; at !== null; at = this.nodes.get(at)?.node.parentId ?? null) chain.push(at);
    return chain;
  }

  #tell({ who, since, changed }: { who: string; since: number; changed: readonly string[] }): FeedItem[] {
    const { hidden } = this.#sight(who);
    const states = this.#statesSince(changed, since);
    const plan = planFeedPage({ rootId: this.rootId, cursorSeq: since, changed, states, hidden });
    const told = plan.nodes.flatMap(({ id, entered }): FeedItem[] => {
      const node = this.nodes.get(id)?.node;
      return node ? [{ type: 'node', node, entered }] : [];
    });
    return [...told, ...plan.gone.map((item): FeedItem => ({ type: 'gone', ...item, id: item.id as never }))];
  }

  #statesSince(changed: readonly string[], since: number): PastState[] {
    const found: PastState[] = [];
    const seen = new Set<string>();
    const open = [...changed];
    for (let id = open.pop(); id !== undefined; id = open.pop()) {
      if (seen.has(id)) continue;
      seen.add(id);
      for (const state of this.nodes.get(id)?.states ?? []) {
        if (state.toSeq !== null && state.toSeq <= since) continue;
        found.push(state);
        if (state.parentId !== null && id !== this.rootId) open.push(state.parentId);
      }
    }
    return found;
  }

  #unusable(ops: readonly BatchOp[]): Map<string, never[]> {
    const unusable = new Map<string, never[]>();
    for (const op of ops) {
      if (!('content' in op)) continue;
      const lacking = op.content.chunks.filter((chunk) => !this.bytes.has(chunk.hash));
      if (lacking.length > 0) unusable.set(op.opId, lacking.map((chunk) => chunk.hash) as never[]);
    }
    return unusable;
  }

  #changedSubtrees(ops: readonly BatchOp[]): Set<string> {
    const changed = new Set<string>();
    for (const op of ops) {
      if ((op.kind !== 'trash' && op.kind !== 'move') || op.ifSubtreeSeq === undefined) continue;
      const limit = op.ifSubtreeSeq;
      const isLater = [...this.nodes.values()].some(
        ({ node }) => node.seq > limit && node.id !== op.nodeId && this.#chain(node.id).includes(op.nodeId),
      );
      if (isLater) changed.add(op.opId);
    }
    return changed;
  }

  #write(node: DriveNode, contentId?: string): void {
    this.seq = Math.max(this.seq, node.seq);
    const stored = this.nodes.get(node.id) ?? { node, versions: [], states: [] };
    const last = stored.states.at(-1);
    if (last) stored.states[stored.states.length - 1] = { ...last, toSeq: node.seq };
    const { id: nodeId, parentId, kind, rev } = node;
    const trashed = node.trashedAt !== null;
    stored.states.push({ nodeId, parentId, kind, rev, trashed, gone: null, fromSeq: node.seq, toSeq: null });
    stored.node = node;
    if (contentId !== undefined) stored.versions.push(contentId);
    this.nodes.set(node.id, stored);
    this.#namesakes.set(node.name, (this.#namesakes.get(node.name) ?? new Set()).add(node.id));
    this.#log.push({ seq: node.seq, id: node.id });
    this.changes += 1;
  }

  #spend(bytes: number): void {
    if (this.roomBytes !== null) this.roomBytes = Math.max(0, this.roomBytes - bytes);
  }

  #keep(chunk: ChunkRef, bytes: Uint8Array): void {
    if (sha256Hex(bytes) !== chunk.hash) throw new Error('bytes that are not what they are said to be');
    this.bytes.set(chunk.hash, bytes.slice()); // senders use their buffers again
  }

  #newNodeId(): string {
    this.#made += 1;
    return `00000000-0000-7000-8ffe-${this.#made.toString(16).padStart(12, '0')}`;
  }

  #contentId(chunks: readonly ChunkRef[]): string {
    return contentIdOf(chunks, sha256Hex);
  }
}

type Inline = { readonly chunk: ChunkRef; readonly bytes: Uint8Array };
const NOTHING: ReadonlySet<string> = new Set();
const NO_ATOMS: Atoms = new Set();
const NO_PATHS: ReadonlyMap<string, readonly string[]> = new Map();
const NO_BYTES_KEPT: ReadonlyMap<string, number> = new Map();
const FREE_SIGHT: Sight = { hidden: NOTHING, readOnly: NOTHING };

function copyOf({ node, versions, states }: Stored): Stored {
  return { node, versions: [...versions], states: [...states] };
}

function rootNode(id: string): DriveNode {
  const nothing = { versionId: null, contentId: null, size: null, mtimeMs: null, exec: false, trashedAt: null };
  return { id: id as never, parentId: null, name: '', kind: 'folder', rev: 1, seq: 1, ...nothing };
}
