import { Injectable } from '@nestjs/common';
import {
  AppError,
  MAX_PINNED_VERSIONS,
  type Atom,
  type ContentId,
  type DriveNode,
  type NodeId,
  type KeptVersionsRequest,
  type NodeVersion,
  type RestoredVersion,
  type SpaceId,
  type UpdateVersion,
  type VersionId,
} from '@tideline/contracts';
import { DataSource, type EntityManager } from 'typeorm';
import { v7 as uuidv7 } from 'uuid';
import type { z } from 'zod';
import { authorOf } from '../drive/author.ts';
import { findNode } from '../drive/browse.store.ts';
import { inSpaceOf, type InSpace } from '../drive/in-space-of.ts';
import { writeBatches } from '../drive/write-batches.store.ts';
import { AccessService } from '../grants/access.service.ts';
import type { MemberPrincipal } from '../platform/principal.ts';
import { SocketHub } from '../platform/socket-hub.ts';
import { releaseVersions } from './release.store.ts';
import {
  countPinned,
  findKeptVersions,
  findVersion,
  holdVersion,
  listVersions,
  updateVersion,
} from './version.store.ts';

export type VersionOf = { readonly nodeId: NodeId; readonly versionId: VersionId };
type KeptVersion = KeptVersionsRequest['versions'][number];
type Opened = InSpace & { readonly node: DriveNode };

/** The history of a file (VE-1): restored, pinned, described and deleted by people. */
@Injectable()
export class VersionService {
  constructor(
    private readonly dataSource: DataSource,
    private readonly access: AccessService,
    private readonly sockets: SocketHub,
  ) {}

  async list(principal: MemberPrincipal, nodeId: NodeId): Promise<{ node: DriveNode; versions: NodeVersion[] }> {
    const { manager } = this.dataSource;
    await this.access.require(manager, principal, { nodeId, atom: 'list' });
    const node = await getFile(manager, principal, nodeId);
    return { node, versions: await listVersions(manager, principal, node) };
  }

  /** Of what was asked, in its order: contents still kept of files of the space that the caller may list. */
  async listKept(principal: MemberPrincipal, spaceId: SpaceId, asked: readonly KeptVersion[]): Promise<KeptVersion[]> {
    const { manager } = this.dataSource;
    const access = await this.access.resolve(manager, principal, [...new Set(asked.map(({ nodeId }) => nodeId))]);
    const allowed = asked.filter(({ nodeId }) => {
      const rights = access.get(nodeId);
      return rights?.spaceId === spaceId && rights.atoms.has('list');
    });
    return allowed.length === 0 ? [] : findKeptVersions(manager, principal, allowed);
  }

  /** A new version with the old one's content, on top: nothing that was saved since is lost, and no bytes travel. */
  async restore(
    principal: MemberPrincipal,
    which: VersionOf,
    ifMatch: number | undefined,
  ): Promise<z.input<typeof RestoredVersion>> {
    const answer = await this.#inFile(principal, { ...which, atom: 'update' }, async (opened) => {
      await this.#requireLive(principal, opened);
      if (ifMatch !== undefined && ifMatch !== opened.node.rev) throw new AppError('REV_MISMATCH');
      const node = await putOnTop(opened, principal, which);
      const version = await findVersion(opened.manager, principal, { node, versionId: node.versionId as VersionId });
      if (!version) throw new Error('a version is gone inside its own transaction');
      return { node, version, spaceId: opened.key.spaceId, isNew: node.rev > opened.node.rev };
    });
    const { node, version, spaceId } = answer;
    if (answer.isNew) this.sockets.nudgeSpace(principal.enterpriseId, spaceId, node.seq);
    return { node, version };
  }

  /** Only people let go of what is pinned: after that it may be deleted by age or number. */
  async update(
    principal: MemberPrincipal,
    which: VersionOf,
    wanted: z.output<typeof UpdateVersion>,
  ): Promise<NodeVersion> {
    return this.#inFile(principal, { ...which, atom: 'update' }, async ({ manager, node }) => {
      const { versionId } = which;
      const version = await getVersion(manager, principal, { node, versionId });
      const { pinned = version.pinned, description = version.description } = wanted;
      if (version.pinned && !pinned && principal.kind !== 'person') throw new AppError('FORBIDDEN');
      const pinnedBefore = pinned && !version.pinned ? await countPinned(manager, { ...principal, ...which }) : 0;
      if (pinnedBefore >= MAX_PINNED_VERSIONS) throw new AppError('LIMIT_PINNED', { max: MAX_PINNED_VERSIONS });
      await updateVersion(manager, { ...principal, versionId }, { pinned, description });
      return getVersion(manager, principal, { node, versionId });
    });
  }

  /** Only people delete for good. UP-10: the newest version that a device uploaded goes only when that is meant. */
  async remove(principal: MemberPrincipal, which: VersionOf, evenProtected: boolean): Promise<void> {
    const freed = await this.#inFile(principal, { ...which, atom: 'delete' }, async ({ manager, key, space, node }) => {
      if (principal.kind !== 'person') throw new AppError('FORBIDDEN');
      const { versionId } = which;
      const version = await getVersion(manager, principal, { node, versionId });
      if (version.isHead) throw new AppError('VERSION_IS_HEAD');
      if (version.protected && !evenProtected) throw new AppError('VERSION_PROTECTED');
      const { description } = version;
      await updateVersion(manager, { ...principal, versionId }, { pinned: false, description });
      await releaseVersions(manager, key, [versionId]);
      return { ...key, isLimited: space.quotaBytes !== null };
    });
    if (freed.isLimited) this.sockets.roomFreed(freed.enterpriseId, freed.spaceId);
  }

  /** Everything about one file happens under the lock of its space: pins are counted and heads are known. */
  async #inFile<T>(
    principal: MemberPrincipal,
    need: { readonly nodeId: NodeId; readonly atom: Atom },
    work: (opened: Opened) => Promise<T>,
  ): Promise<T> {
    const { enterpriseId } = principal;
    const decide = async (manager: EntityManager) => (await this.access.require(manager, principal, need)).spaceId;
    return inSpaceOf(this.dataSource, { enterpriseId, decide }, async (opened) =>
      work({ ...opened, node: await getFile(opened.manager, principal, need.nodeId) }),
    );
  }

  async #requireLive(principal: MemberPrincipal, { manager, node }: Opened): Promise<void> {
    if (node.trashedAt !== null) throw new AppError('NODE_TRASHED');
    if (await this.access.isTrashed(manager, principal, node.id)) throw new AppError('PARENT_TRASHED');
  }
}

/** Answers the node as it is then; unchanged when the version is the newest one already. */
async function putOnTop(opened: Opened, principal: MemberPrincipal, which: VersionOf): Promise<DriveNode> {
  const { manager, key, space, node } = opened;
  const held = await holdVersion(manager, { ...principal, ...which });
  if (!held) throw new AppError('VERSION_UNKNOWN');
  if (node.versionId === which.versionId) return node;
  const { quotaBytes, usedBytes, reservedBytes } = space;
  if (quotaBytes !== null && usedBytes + reservedBytes + held.size > quotaBytes) throw new AppError('QUOTA_EXCEEDED');
  const contentId = held.contentId as ContentId;
  const version = { id: uuidv7() as VersionId, contentId, size: held.size, chunks: [] };
  const after: DriveNode = {
    ...node,
    versionId: version.id,
    contentId,
    size: held.size,
    mtimeMs: held.mtimeMs ?? node.mtimeMs,
    rev: node.rev + 1,
    seq: space.seq + 1,
  };
  const changes = [{ opId: uuidv7(), before: node, after, version }];
  await writeBatches(manager, key, [{ author: authorOf(principal, 'sync'), changes, outcomes: [] }]);
  return after;
}

async function getFile(manager: EntityManager, principal: MemberPrincipal, nodeId: NodeId): Promise<DriveNode> {
  const node = await findNode(manager, principal, nodeId);
  if (!node) throw new AppError('NODE_UNKNOWN');
  if (node.kind !== 'file') throw new AppError('KIND_MISMATCH', { expected: 'file' });
  return node;
}

async function getVersion(
  manager: EntityManager,
  principal: MemberPrincipal,
  which: { readonly node: DriveNode; readonly versionId: VersionId },
): Promise<NodeVersion> {
  const version = await findVersion(manager, principal, which);
  if (!version) throw new AppError('VERSION_UNKNOWN');
  return version;
}
