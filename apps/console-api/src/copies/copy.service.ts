import { Injectable, Logger, type OnModuleInit } from '@nestjs/common';
import {
  AppError,
  type Atom,
  type CopyAnswer,
  type DriveNode,
  type ErrorCode,
  type CopyRequest,
  type NodeId,
} from '@tideline/contracts';
import { DataSource, type EntityManager } from 'typeorm';
import { NIL, v7 as uuidv7 } from 'uuid';
import type { z } from 'zod';
import { actorIdOf, authorOf } from '../drive/author.ts';
import { findAndLockSpace, type LockedSpace, type SpaceKey } from '../drive/batch.store.ts';
import { writeBatches } from '../drive/write-batches.store.ts';
import { AccessService } from '../grants/access.service.ts';
import { Attempts } from '../jobs/attempts.ts';
import { countedIn } from '../jobs/counted-tries.ts';
import { JobRunner } from '../jobs/job-runner.ts';
import type { JobCounts } from '../jobs/periodic-job.ts';
import { Clock } from '../platform/clock.ts';
import { isAdmin, type MemberPrincipal, type PersonPrincipal } from '../platform/principal.ts';
import { SocketHub } from '../platform/socket-hub.ts';
import { inTransaction, isUniqueViolation } from '../platform/transaction.ts';
import { NameGiver } from '../recycle-bin/name-giver.ts';
import { toCopy } from './copied-node.ts';
import { toCopyAnswer, WAIT_FOR_ROOM_MS } from './copy-answer.ts';
import {
  addFolders,
  advanceFolders,
  endCopy,
  findAndLockRunning,
  findCopy,
  findCopyByOp,
  findRequester,
  findSource,
  holdVersions,
  insertCopy,
  listChildrenToCopy,
  listNextFolders,
  listRunning,
  nodeOf,
  recordProgress,
  recordWait,
  removeEnded,
  sumHeads,
  type ChildToCopy,
  type CopyFolder,
  type CopyKey,
  type StoredCopy,
} from './copy.store.ts';
import { findRefusals, getSource, getTarget, hasRoom } from './target.ts';

/** Nodes of one slice: bounds the time for which the target space is locked. */
const SLICE_NODES = 250;
/** Folders that share a slice: a tree of many small ones takes no transaction for each. */
const SLICE_FOLDERS = 80;
/** Slices that a request works off itself; the job takes the rest. */
const SLICES_PER_REQUEST = 8;
const SLICES_PER_RUN = 200;
const EVERY_MS = 2000;
const NEEDED: readonly Atom[] = ['copy', 'download'];
const DAY_MS = 24 * 60 * 60 * 1000;
/** As long as answers to operations of batches. */
const REMEMBERED_MS = 30 * DAY_MS;
const LOOK_FOR_ROOM_MS = 60_000;

type Request = z.output<typeof CopyRequest>;
type Asked = { readonly nodeId: NodeId; readonly request: Request };
type Opened = { readonly manager: EntityManager; readonly key: SpaceKey; readonly principal: MemberPrincipal };

/**
 * Copies on the server: new nodes on the same contents, so no bytes travel. A folder is copied in slices, each one transaction
 * with what it leaves to do; a restart goes on where the last one ended.
 */
@Injectable()
export class CopyService implements OnModuleInit {
  readonly #logger = new Logger('copies');
  readonly #attempts = new Attempts();
  #lastServed: string = NIL;

  constructor(
    private readonly dataSource: DataSource,
    private readonly access: AccessService,
    private readonly sockets: SocketHub,
    private readonly jobs: JobRunner,
    private readonly clock: Clock,
  ) {}

  onModuleInit(): void {
    this.jobs.register({ name: 'tree-copy', lane: 'long', everyMs: EVERY_MS, run: (signal) => this.runAll(signal) });
  }

  /** Asked again for what was begun, it is answered by how far that is, whatever became of the source since. */
  async copy(principal: MemberPrincipal, nodeId: NodeId, request: Request): Promise<CopyAnswer> {
    const known = await findCopyByOp(this.dataSource.manager, opOf(principal, request));
    const copy = known ?? (await this.#beginOrFind(principal, { nodeId, request }));
    for (let slice = 0; slice < SLICES_PER_REQUEST && (await this.runSlice(copy)); slice++);
    return this.getState(principal, copy.id);
  }

  async getState(principal: MemberPrincipal, copyId: string): Promise<CopyAnswer> {
    const copy = await findCopy(this.dataSource.manager, { enterpriseId: principal.enterpriseId, id: copyId });
    if (copy?.userId !== principal.userId) throw new AppError('NOT_FOUND', { what: 'The copy' });
    return this.#toAnswer(principal, copy);
  }

  /** What is copied stays, and the answer tells how much that is. */
  async cancel(principal: MemberPrincipal, copyId: string): Promise<CopyAnswer> {
    const { manager } = this.dataSource;
    const key = { enterpriseId: principal.enterpriseId, id: copyId };
    const mayCancel = (copy: StoredCopy) => copy.userId === principal.userId || isAdmin(principal);
    const copy = await findCopy(manager, key);
    if (!copy || !mayCancel(copy)) throw new AppError('NOT_FOUND', { what: 'The copy' });
    await endCopy(manager, key, { state: 'cancelled', refusal: null, at: this.clock.now() });
    const ended = (await findCopy(manager, key)) ?? copy;
    if (ended.state !== 'cancelled') throw new AppError('COPY_STATE', { state: ended.state });
    return this.#toAnswer(principal, ended);
  }

  /** What a run leaves, the next one finds, and each copy has a slice in turn. */
  async runAll(signal: AbortSignal, maxSlices = SLICES_PER_RUN): Promise<JobCounts> {
    let [slices, failed] = [0, 0];
    const { manager } = this.dataSource;
    for (let round = await listRunning(manager, this.#lastServed, this.clock.now()); round.length > 0;) {
      const unfinished: CopyKey[] = [];
      for (const key of round.slice(0, maxSlices - slices)) {
        if (signal.aborted) break;
        slices += 1;
        this.#lastServed = key.id;
        const more = await this.#trySlice(key).catch((err: unknown) => {
          this.#logger.error({ err, copy: key.id }, 'a slice of a copy failed');
          failed += 1;
          return false;
        });
        if (more) unfinished.push(key);
      }
      round = unfinished;
    }
    await removeEnded(manager, new Date(this.clock.now().getTime() - REMEMBERED_MS));
    return { slices, failed };
  }

  /** Whether there is more to do at once; a copy that waits for room goes on with a later run. */
  async runSlice(key: CopyKey): Promise<boolean> {
    const done = await inTransaction(this.dataSource, async (manager) => {
      const copy = await findAndLockRunning(manager, key);
      return copy && this.#copySlice(manager, copy);
    });
    if (done?.seq !== undefined) this.sockets.nudgeSpace(done.copy.enterpriseId, done.copy.spaceId, done.seq);
    return done?.more ?? false;
  }

  /** The lock of the target space keeps an operation from two beginnings in it; asked for in two spaces at once, the first one counts. */
  async #beginOrFind(principal: MemberPrincipal, asked: Asked): Promise<CopyKey> {
    try {
      return await this.#begin(principal, asked);
    } catch (error) {
      if (!isUniqueViolation(error)) throw error;
      const known = await findCopyByOp(this.dataSource.manager, opOf(principal, asked.request));
      if (!known) throw error;
      return known;
    }
  }

  async #begin(principal: MemberPrincipal, asked: Asked): Promise<CopyKey> {
    const { nudge, ...copy } = await inTransaction(this.dataSource, (manager) =>
      this.#beginIn(manager, principal, asked),
    );
    if (nudge) this.sockets.nudgeSpace(nudge.enterpriseId, nudge.spaceId, nudge.seq);
    return copy;
  }

  #trySlice(key: CopyKey): Promise<boolean | undefined> {
    const { manager } = this.dataSource;
    const { clock } = this;
    return this.#attempts.try({
      ...countedIn({ manager, clock }, { ...key, table: 'tree_copy', state: 'running' }),
      run: () => this.runSlice(key),
      giveUp: async () =>
        void (await endCopy(manager, key, { state: 'failed', refusal: 'JOB_FAILED', at: this.clock.now() })),
    });
  }

  async #toAnswer(principal: MemberPrincipal, copy: StoredCopy): Promise<CopyAnswer> {
    const { manager } = this.dataSource;
    const { targetId } = copy;
    const isSeen = (await this.access.resolve(manager, principal, [targetId])).has(targetId);
    return toCopyAnswer(copy, isSeen ? ((await nodeOf(manager, copy, targetId)) ?? null) : null);
  }

  /** The copy itself, and for a folder the note of what is to follow. */
  async #beginIn(
    manager: EntityManager,
    principal: MemberPrincipal,
    { nodeId, request: { opId, ...place } }: Asked,
  ): Promise<CopyKey & { nudge?: SpaceKey & { seq: number } }> {
    const source = await this.#getSource(manager, principal, nodeId);
    const key = await getTarget(manager, this.access, { principal, parentId: place.parentId });
    const bytes = await this.#sumReadable(manager, principal, source);
    await holdVersions(manager, principal, source.versionId ? [source.versionId] : []);
    const space = await findAndLockSpace(manager, key);
    // Again: until now the folder could leave the space, go into the bin or be closed.
    const { spaceId } = await getTarget(manager, this.access, { principal, parentId: place.parentId });
    if (!space || spaceId !== key.spaceId) throw new AppError('PARENT_UNKNOWN');
    const known = await findCopyByOp(manager, opOf(principal, { opId })); // the same request may have come first
    if (known) return known;
    if (!hasRoom(space, bytes)) throw new AppError('QUOTA_EXCEEDED');
    const from = await findSource(manager, principal, nodeId); // before anything of the copy is there
    if (!from) throw new AppError('NODE_UNKNOWN');
    const names = new NameGiver(manager, key);
    const wanted = { parentId: place.parentId, name: place.name ?? source.name, kind: source.kind };
    await names.look([wanted]);
    const change = toCopy(source, { parentId: place.parentId, name: names.give(wanted), seq: space.seq + 1 });
    await writeBatches(manager, key, [{ author: authorOf(principal, 'sync'), changes: [change], outcomes: [] }]);
    const id = uuidv7();
    const { enterpriseId, userId } = principal;
    const isFolder = source.kind === 'folder';
    const who = { ...whoIs(principal), enterpriseId, id, userId, opId };
    const state = isFolder ? 'running' : 'done';
    const of = { ...who, ...from, spaceId: key.spaceId, targetId: change.after.id };
    await insertCopy(manager, { ...of, copiedNodes: 1, state });
    if (isFolder) await addFolders(manager, who, [{ sourceId: source.id, targetId: change.after.id }]);
    return { enterpriseId, id, nudge: { ...key, seq: space.seq + 1 } };
  }

  async #getSource(manager: EntityManager, principal: MemberPrincipal, nodeId: NodeId): Promise<DriveNode> {
    // A copy in one's own space can be read: who may not download may not copy either.
    for (const atom of NEEDED) await this.access.require(manager, principal, { nodeId, atom });
    return getSource(manager, this.access, { principal, nodeId });
  }

  async #copySlice(
    manager: EntityManager,
    copy: StoredCopy,
  ): Promise<{ copy: StoredCopy; more: boolean; seq?: number }> {
    const folders = await listNextFolders(manager, copy, SLICE_FOLDERS);
    if (folders.length === 0) return this.#end(manager, copy, null);
    const principal = await toPrincipal(manager, copy);
    if (!principal) return this.#end(manager, copy, 'FORBIDDEN');
    return this.#copyChildren({ manager, key: copy, principal }, copy, folders);
  }

  async #end(manager: EntityManager, copy: StoredCopy, refusal: ErrorCode | null) {
    const state = refusal ? 'refused' : 'done';
    await endCopy(manager, copy, { state, refusal, at: this.clock.now() });
    return { copy, more: false };
  }

  async #waitForRoom(manager: EntityManager, copy: StoredCopy) {
    const now = this.clock.now();
    const since = copy.waitingSince ?? now;
    if (now.getTime() - since.getTime() >= WAIT_FOR_ROOM_MS) return this.#end(manager, copy, 'QUOTA_EXCEEDED');
    const retryAt = new Date(now.getTime() + LOOK_FOR_ROOM_MS);
    await recordWait(manager, copy, { refusal: 'QUOTA_EXCEEDED', since, retryAt });
    return { copy, more: false };
  }

  /**
   * The folders share the slice evenly, so that nothing is read that is not copied. Rights and places of the copy and of its
   * folders may be others since it began: what is to come into a folder that takes nothing any more is left out.
   */
  async #copyChildren(opened: Opened, copy: StoredCopy, folders: readonly CopyFolder[]) {
    const { manager, key, principal } = opened;
    const limitOfEach = Math.floor(SLICE_NODES / folders.length);
    const listed = await listChildrenToCopy(manager, copy, { folders, limitOfEach });
    const children = listed.filter(({ wasThere }) => wasThere);
    const readable = await this.#onlyReadable(opened, folders, children);
    const space = await findAndLockSpace(manager, key);
    if (!space) throw new Error(`space ${key.spaceId} is gone`);
    const folderIds = [copy.targetId, ...folders.map((folder) => folder.targetId)];
    const refusals = await findRefusals(manager, this.access, { principal, spaceId: key.spaceId, folderIds });
    const refusal = refusals.get(copy.targetId);
    if (refusal) return this.#end(manager, copy, refusal);
    const allowed = readable.filter(({ folder }) => !refusals.has(folder.targetId));
    if (!hasRoom(space, sumSizes(allowed))) return this.#waitForRoom(manager, copy);
    const found = await this.#writeCopies(opened, space, allowed);
    await addFolders(manager, copy, found);
    await advanceFolders(manager, copy, endsOf(folders, listed, limitOfEach));
    const [copied, leftOut] = [allowed.length, children.length - allowed.length];
    await recordProgress(manager, copy, { copied, leftOut });
    return { copy, more: true, ...(copied > 0 ? { seq: space.seq + copied } : {}) };
  }

  /** Answers the folders among them, whose children are still to be copied. */
  async #writeCopies({ manager, key, principal }: Opened, space: LockedSpace, children: readonly ChildToCopy[]) {
    if (children.length === 0) return [];
    const names = new NameGiver(manager, key);
    const wanted = children.map(({ node, folder }) => ({
      parentId: folder.targetId,
      name: node.name,
      kind: node.kind,
    }));
    await names.look(wanted); // somebody may have put something into the copy already
    const changes = children.map(({ node, folder }, index) => {
      const name = names.give({ parentId: folder.targetId, name: node.name, kind: node.kind });
      return toCopy(node, { parentId: folder.targetId, name, seq: space.seq + index + 1 });
    });
    await writeBatches(manager, key, [{ author: authorOf(principal, 'sync'), changes, outcomes: [] }]);
    return children.flatMap(({ node }, index) => {
      const target = changes[index]?.after;
      return node.kind === 'folder' && target ? [{ sourceId: node.id, targetId: target.id }] : [];
    });
  }

  /** Room is needed for what may be copied, and by that nobody finds out how large the rest is. */
  async #sumReadable(manager: EntityManager, principal: MemberPrincipal, { id, kind }: DriveNode): Promise<number> {
    const parts = kind === 'folder' ? await this.access.listBoundaries(manager, principal, id) : [];
    const closed = parts.filter(({ atoms }) => NEEDED.some((atom) => !atoms.has(atom)));
    return sumHeads(
      manager,
      principal,
      id,
      closed.map((part) => part.nodeId),
    );
  }

  /** Folders by their own rights, files by those of the folder they are in; nothing of a folder that went into the bin. */
  async #onlyReadable(
    { manager, key, principal }: Opened,
    folders: readonly CopyFolder[],
    children: readonly ChildToCopy[],
  ): Promise<ChildToCopy[]> {
    const sourceIds = folders.map((folder) => folder.sourceId);
    const folderIds = children.flatMap(({ node }) => (node.kind === 'folder' ? node.id : []));
    const rights = await this.access.resolve(manager, principal, [...sourceIds, ...folderIds]);
    const trashed = await this.access.findTrashed(manager, principal, sourceIds);
    const versionIds = children.flatMap(({ node }) => node.versionId ?? []);
    const held = await holdVersions(manager, key, versionIds);
    const may = (id: NodeId) => NEEDED.every((atom) => rights.get(id)?.atoms.has(atom));
    return children.filter(({ node, folder }) => {
      if (trashed.has(folder.sourceId)) return false;
      return node.versionId === null ? may(node.id) : may(folder.sourceId) && held.has(node.versionId);
    });
  }
}

/** A folder of which fewer came than could have is copied whole. */
function endsOf(folders: readonly CopyFolder[], children: readonly ChildToCopy[], limitOfEach: number) {
  const byFolder = Map.groupBy(children, ({ folder }) => folder);
  return folders.map((folder) => {
    const found = byFolder.get(folder) ?? [];
    const afterName = found.length < limitOfEach ? null : (found.at(-1)?.node.name ?? null);
    return { ordinal: folder.ordinal, afterName };
  });
}

function whoIs(principal: MemberPrincipal): Pick<StoredCopy, 'deviceId' | 'readsPersonalSpace'> {
  if (principal.kind === 'person') return { deviceId: null, readsPersonalSpace: true };
  const { deviceId, readsPersonalSpace } = principal;
  return { deviceId, readsPersonalSpace };
}

function opOf(principal: MemberPrincipal, { opId }: Pick<Request, 'opId'>) {
  return { enterpriseId: principal.enterpriseId, actorId: actorIdOf(principal), opId };
}

async function toPrincipal(manager: EntityManager, copy: StoredCopy): Promise<MemberPrincipal | undefined> {
  const found = await findRequester(manager, copy);
  if (!found) return undefined;
  const { enterpriseId, userId, deviceId, readsPersonalSpace, id } = copy;
  if (deviceId !== null && found.agentVersion !== null) {
    const device = { enterpriseId, userId, deviceId, agentVersion: found.agentVersion, readsPersonalSpace };
    return { kind: 'device', ...device } as MemberPrincipal; // ids come from our own tables
  }
  return { kind: 'person', enterpriseId, userId, role: found.role as PersonPrincipal['role'], sessionId: id };
}

function sumSizes(children: readonly ChildToCopy[]): number {
  return children.reduce((sum, { node }) => sum + (node.size ?? 0), 0);
}
