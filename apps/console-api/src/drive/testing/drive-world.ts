import { createHash, randomUUID } from 'node:crypto';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { Readable } from 'node:stream';
import {
  encodeFrame,
  type AccountRole,
  type BatchAnswer,
  type BatchOp,
  type BatchOutcome,
  type ChunkRef,
  type DeviceId,
  type EnterpriseId,
  type NodeId,
  type OpId,
  type ReservationKey,
  type SpaceId,
  type SpaceKind,
  type SyncRight,
  type TeamId,
  type UserId,
} from '@tideline/contracts';
import { DirectoryBlobStore } from '../../blobs/directory-blob-store.ts';
import { ContentReader } from '../../blobs/content-reader.ts';
import { PackService } from '../../blobs/pack.service.ts';
import { AccessService } from '../../grants/access.service.ts';
import { FolderGrantService } from '../../grants/folder-grant.service.ts';
import { GrantService } from '../../grants/grant.service.ts';
import { SystemClock } from '../../platform/clock.ts';
import type { DevicePrincipal, MemberPrincipal, PersonPrincipal } from '../../platform/principal.ts';
import { SocketHub } from '../../platform/socket-hub.ts';
import { JobRunner } from '../../jobs/job-runner.ts';
import { ReservationService } from '../../quota/reservation.service.ts';
import type { TestDatabase } from '../../testing/test-database.ts';
import { BrowseService } from '../browse.service.ts';
import { CommitService } from '../commit.service.ts';
import { ContentService } from '../content.service.ts';
import { GroupCommit } from '../group-commit.service.ts';
import { SpaceService, type CreatedSpace } from '../space.service.ts';
import { UploadService } from '../upload.service.ts';
import { UsableChunks } from '../usable-chunks.service.ts';

/** Remembers what would have been told. */
export class RecordingHub extends SocketHub {
  readonly nudges: { spaceId: string; seq: number }[] = [];
  readonly rights: string[] = [];
  readonly rooms: (string | undefined)[] = [];
  override nudgeSpace(_: EnterpriseId, spaceId: SpaceId, seq: number): void {
    this.nudges.push({ spaceId, seq });
  }
  override rightsChanged(_: EnterpriseId, spaceId: SpaceId): void {
    this.rights.push(spaceId);
  }
  override roomFreed(_: EnterpriseId, spaceId?: SpaceId): void {
    this.rooms.push(spaceId);
  }
  override settingsChanged(): void {
    // the drive never calls it
  }
  override noticesChanged(): void {
    // the drive never calls it
  }
  override deviceChanged(): void {
    // the drive never calls it
  }
}

/** A drive of its own: real PostgreSQL, real packs, no HTTP. */
export class DriveWorld {
  readonly hub = new RecordingHub();
  readonly access = new AccessService();
  readonly packs: PackService;
  readonly usable: UsableChunks;
  readonly commits: CommitService;
  readonly uploads: UploadService;
  readonly contents: ContentService;
  readonly browse: BrowseService;
  readonly grants: GrantService;
  readonly folderGrants: FolderGrantService;
  readonly spaces = new SpaceService();
  readonly enterpriseId = randomUUID() as EnterpriseId;

  private constructor(
    readonly database: TestDatabase,
    readonly blobs: DirectoryBlobStore,
    readonly folder: string,
  ) {
    const { dataSource } = database;
    this.packs = new PackService(blobs);
    this.usable = new UsableChunks(this.access);
    const clock = new SystemClock();
    const reservations = new ReservationService(dataSource, clock, new JobRunner(dataSource, clock), this.hub);
    this.uploads = new UploadService(dataSource, this.access, this.usable, this.packs, reservations);
    this.contents = new ContentService(dataSource, this.access, new ContentReader(dataSource, blobs));
    this.browse = new BrowseService(dataSource, this.access);
    this.grants = new GrantService(dataSource, this.hub);
    this.folderGrants = new FolderGrantService(dataSource, this.access, this.hub);
    const groups = new GroupCommit(this.packs, this.access, this.usable, clock);
    this.commits = new CommitService(dataSource, this.packs, this.access, groups, this.hub);
  }

  static async open(): Promise<DriveWorld> {
    const { createTestDatabase } = await import('../../testing/test-database.ts'); // needs a test run, benchmarks have none
    return DriveWorld.on(await createTestDatabase());
  }

  static async on(database: TestDatabase): Promise<DriveWorld> {
    const folder = await mkdtemp(path.join(tmpdir(), 'tideline-drive-'));
    const world = new DriveWorld(database, await DirectoryBlobStore.open(folder), folder);
    await world.sql(`INSERT INTO enterprise (id, code, name, plan) VALUES ($1, $2, 'Acme', 'test')`, [
      world.enterpriseId,
      `e${world.enterpriseId.slice(0, 8)}`,
    ]);
    return world;
  }

  async close(): Promise<void> {
    await this.database.drop();
    await rm(this.folder, { recursive: true, force: true });
  }

  get manager() {
    return this.database.dataSource.manager;
  }

  async sql<Row = Record<string, unknown>>(statement: string, parameters: unknown[] = []): Promise<Row[]> {
    return this.manager.query<Row[]>(statement, parameters);
  }

  async person(role: PersonPrincipal['role'] = 'user'): Promise<PersonPrincipal> {
    const userId = randomUUID() as UserId;
    await this.sql(
      `INSERT INTO app_user (enterprise_id, id, email, name, role, password_hash) VALUES ($1, $2, $3, $4, $5, 'x')`,
      [this.enterpriseId, userId, `${userId}@acme.test`, 'Someone', role satisfies AccountRole],
    );
    return { kind: 'person', enterpriseId: this.enterpriseId, userId, role, sessionId: randomUUID() };
  }

  async device(of: MemberPrincipal): Promise<DevicePrincipal> {
    const deviceId = randomUUID() as DeviceId;
    await this.sql(
      `INSERT INTO device (enterprise_id, id, user_id, name, public_key, key_store, os, arch, hostname, agent_version,
                           lifecycle, reads_personal_space)
       VALUES ($1, $2, $3, 'PC', 'k', 'file', 'linux', 'x64', 'pc', '1.4.0', 'active', true)`,
      [this.enterpriseId, deviceId, of.userId],
    );
    const { enterpriseId, userId } = of;
    return { kind: 'device', enterpriseId, userId, deviceId, agentVersion: '1.4.0', readsPersonalSpace: true };
  }

  async team(members: readonly MemberPrincipal[] = [], parentId: TeamId | null = null): Promise<TeamId> {
    const teamId = randomUUID() as TeamId;
    await this.sql(`INSERT INTO team (enterprise_id, id, parent_id, name) VALUES ($1, $2, $3, $4)`, [
      this.enterpriseId,
      teamId,
      parentId,
      `team ${teamId}`,
    ]);
    for (const member of members) {
      await this.sql(`INSERT INTO team_member (enterprise_id, team_id, user_id) VALUES ($1, $2, $3)`, [
        this.enterpriseId,
        teamId,
        member.userId,
      ]);
    }
    return teamId;
  }

  async space(
    kind: SpaceKind,
    of: { ownerUserId?: UserId; teamId?: TeamId; quotaBytes?: number; name?: string } = {},
  ): Promise<CreatedSpace> {
    return this.spaces.createSpace(this.manager, { enterpriseId: this.enterpriseId, kind, name: 'Space', ...of });
  }

  /** A person with a device and a personal space: what most facts need. */
  async owner(): Promise<{ person: PersonPrincipal; device: DevicePrincipal } & CreatedSpace> {
    const person = await this.person();
    const device = await this.device(person);
    return { person, device, ...(await this.space('personal', { ownerUserId: person.userId })) };
  }

  async grant(
    spaceId: SpaceId,
    nodeId: NodeId,
    to: { user: UserId } | { team: TeamId },
    syncRight: SyncRight,
  ): Promise<void> {
    const [type, id] = 'user' in to ? ['user', to.user] : ['team', to.team];
    await this.sql(
      `INSERT INTO folder_grant (enterprise_id, id, space_id, node_id, identity_type, identity_id, sync_right)
       VALUES ($1, $2, $3, $4, $5, $6, $7)
       ON CONFLICT (enterprise_id, node_id, identity_type, identity_id) DO UPDATE SET sync_right = excluded.sync_right`,
      [this.enterpriseId, randomUUID(), spaceId, nodeId, type, id, syncRight],
    );
  }

  commit(
    principal: MemberPrincipal,
    spaceId: SpaceId,
    ops: readonly BatchOp[],
    options: { atomic?: boolean; inline?: readonly Uint8Array[]; origin?: 'upload' | 'sync' } = {},
  ): Promise<BatchAnswer> {
    const { atomic = false, inline = [], origin = 'sync' } = options;
    const header = { atomic, ops, inline: inline.map(chunkOf), origin };
    return this.commits.commitFrame(principal, spaceId, bodyOf(header, inline));
  }

  putPack(
    principal: MemberPrincipal,
    spaceId: SpaceId,
    parts: readonly Uint8Array[],
    reservation?: ReservationKey,
  ): Promise<number> {
    const body = bodyOf({ chunks: parts.map(chunkOf), ...(reservation && { reservation }) }, parts);
    return this.uploads.storePack(principal, spaceId, body);
  }

  /** Commits one operation item by item and answers its outcome. */
  async one(
    principal: MemberPrincipal,
    spaceId: SpaceId,
    op: BatchOp,
    inline: readonly Uint8Array[] = [],
  ): Promise<BatchOutcome> {
    const { outcomes } = await this.commit(principal, spaceId, [op], { inline });
    const [outcome] = outcomes;
    if (!outcome) throw new Error('no outcome');
    return outcome;
  }
}

export function bodyOf(header: unknown, parts: readonly Uint8Array[]): Readable {
  return Readable.from(encodeFrame(header, parts));
}

export function chunkOf(bytes: Uint8Array): ChunkRef {
  return { hash: createHash('sha256').update(bytes).digest('hex'), size: bytes.length } as ChunkRef;
}

export function newId<Id extends NodeId | OpId>(): Id {
  return randomUUID() as string as Id;
}

type Content = { readonly bytes: Uint8Array } | { readonly chunks: readonly ChunkRef[] };

function contentOf(content: Content): { size: number; chunks: ChunkRef[] } {
  const chunks = 'bytes' in content ? (content.bytes.length > 0 ? [chunkOf(content.bytes)] : []) : [...content.chunks];
  return { size: chunks.reduce((sum, chunk) => sum + chunk.size, 0), chunks };
}

/** Operations with what a fact does not care about filled in. */
export const ops = {
  folder: (parentId: NodeId, name: string, nodeId: NodeId = newId()): BatchOp & { nodeId: NodeId } => ({
    kind: 'createFolder',
    opId: newId(),
    nodeId,
    parentId,
    name,
  }),
  file: (parentId: NodeId, name: string, content: Content, nodeId: NodeId = newId()): BatchOp & { nodeId: NodeId } => ({
    kind: 'createFile',
    opId: newId(),
    nodeId,
    parentId,
    name,
    content: contentOf(content),
    mtimeMs: 1000.5,
    exec: false,
  }),
  put: (nodeId: NodeId, content: Content, ifMatch?: number): BatchOp => ({
    kind: 'putVersion',
    opId: newId(),
    nodeId,
    content: contentOf(content),
    mtimeMs: 2000,
    exec: false,
    ...(ifMatch === undefined ? {} : { ifMatch }),
  }),
  meta: (nodeId: NodeId, exec: boolean): BatchOp => ({ kind: 'setMeta', opId: newId(), nodeId, mtimeMs: 3000, exec }),
  move: (nodeId: NodeId, parentId: NodeId, name: string, ifMatch?: number): BatchOp => ({
    kind: 'move',
    opId: newId(),
    nodeId,
    parentId,
    name,
    ...(ifMatch === undefined ? {} : { ifMatch }),
  }),
  trash: (nodeId: NodeId, more: { ifMatch?: number; ifSubtreeSeq?: number } = {}): BatchOp => ({
    kind: 'trash',
    opId: newId(),
    nodeId,
    ...more,
  }),
  restore: (nodeId: NodeId): BatchOp => ({ kind: 'restore', opId: newId(), nodeId }),
};

export async function collect(source: AsyncIterable<Uint8Array>): Promise<Buffer> {
  const pieces: Uint8Array[] = [];
  for await (const piece of source) pieces.push(piece);
  return Buffer.concat(pieces);
}

/** Bytes that differ from seed to seed and do not repeat early. */
export function noise(length: number, seed: number): Buffer {
  const bytes = Buffer.alloc(length + 4);
  let state = seed + 1;
  for (let at = 0; at < length; at += 4) {
    state = (Math.imul(state, 1664525) + 1013904223) >>> 0;
    bytes.writeUInt32LE(state, at);
  }
  return bytes.subarray(0, length);
}

export function bytesOf(text: string): Uint8Array {
  return new TextEncoder().encode(text);
}
