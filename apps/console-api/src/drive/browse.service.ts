import { Injectable } from '@nestjs/common';
import {
  AppError,
  formatCloudPath,
  parseCloudPath,
  Text,
  type ChildrenAnswer,
  type CloudPath,
  type DriveNode,
  type NodeId,
  type ResolveAnswer,
  type Space,
  type SpaceId,
} from '@tideline/contracts';
import { DataSource } from 'typeorm';
import { z } from 'zod';
import { AccessService } from '../grants/access.service.ts';
import { encodePage, parsePage } from '../platform/page.ts';
import type { MemberPrincipal } from '../platform/principal.ts';
import { SpaceSight } from '../platform/space-sight.ts';
import { inSnapshot } from '../platform/transaction.ts';
import { countChildren, findNode, listChildren, listPath, walkNames } from './browse.store.ts';
import { findChildrenSight } from './children-sight.ts';
import { findOpenPart, findShare, type Sight } from './received-share.ts';
import { listSpacesById } from './space.store.ts';

type PageQuery = { readonly after?: string | undefined; readonly limit: number };

const ChildPositionSchema = z.tuple([z.int().min(0).max(1), Text]);

/** Reading the tree for people: spaces, folders, versions and the bin, as far as the caller may see them. */
@Injectable()
export class BrowseService extends SpaceSight {
  constructor(
    private readonly dataSource: DataSource,
    private readonly access: AccessService,
  ) {
    super();
  }

  override async listSpaces(principal: MemberPrincipal): Promise<Space[]> {
    const { manager } = this.dataSource;
    const ids = await this.access.listVisibleSpaces(manager, principal);
    return listSpacesById(manager, principal.enterpriseId, ids);
  }

  override async findFolderPath(principal: MemberPrincipal, nodeId: string): Promise<string | undefined> {
    const { manager } = this.dataSource;
    const access = (await this.access.resolve(manager, principal, [nodeId])).get(nodeId as NodeId);
    if (!access) return undefined;
    const path = await listPath(manager, principal, nodeId as NodeId);
    if (path.some((folder) => folder.trashed)) return undefined;
    const names = (await findOpenPart(this.#sightOf(principal), access, path)).slice(1).map((folder) => folder.name);
    return `/${names.join('/')}`;
  }

  override async listWatchable(principal: MemberPrincipal): Promise<SpaceId[]> {
    return this.access.listWatchableSpaces(this.dataSource.manager, principal);
  }

  override async findCloudPath(
    principal: MemberPrincipal,
    nodeId: NodeId,
  ): Promise<{ spaceId: SpaceId; text: string } | undefined> {
    const { manager } = this.dataSource;
    const access = (await this.access.resolve(manager, principal, [nodeId])).get(nodeId);
    const path = access && (await this.findFolderPath(principal, nodeId));
    if (!access || path === undefined) return undefined;
    const { spaceId } = access;
    const segments = path.split('/').filter((segment) => segment !== '');
    const space = (await this.listSpaces(principal)).find((candidate) => candidate.id === spaceId);
    if (space) {
      const named = space.kind === 'team' ? { kind: space.kind, name: space.name } : { kind: space.kind };
      return { spaceId, text: formatCloudPath({ space: named, segments }) };
    }
    const above = (await listPath(manager, principal, nodeId)).map((folder) => folder.id);
    const shares = await this.access.listReceivedShares(manager, principal);
    const share = shares.find((candidate) => above.includes(candidate.nodeId));
    return share && { spaceId, text: `${share.cloudPath}${segments.join('/')}` };
  }

  /** The deepest folder of a cloud path that the caller sees, and the names that are missing below it. */
  async resolvePath(principal: MemberPrincipal, text: string): Promise<ResolveAnswer> {
    const path = parseCloudPath(text);
    if (!path) throw new AppError('CLOUD_PATH_INVALID', { path: text });
    const space =
      path.space.kind === 'share'
        ? await findShare(this.#sightOf(principal), path.space.name)
        : findNamedSpace(await this.listSpaces(principal), path);
    if (!space)
      throw new AppError('SPACE_UNKNOWN', { space: 'name' in path.space ? path.space.name : path.space.kind });
    const { manager } = this.dataSource;
    const key = { enterpriseId: principal.enterpriseId, spaceId: space.id, rootId: space.rootId };
    const walked = await walkNames(manager, key, path.segments);
    const access = await this.access.resolve(
      manager,
      principal,
      walked.map((node) => node.id),
    );
    const seen = walked.filter((node) => access.has(node.id));
    const node = seen.at(-1);
    const rights = node && access.get(node.id);
    if (!node || !rights) throw new AppError('SPACE_UNKNOWN', { space: space.name });
    if (node.kind !== 'folder') throw new AppError('PARENT_NOT_FOLDER');
    const missing = path.segments.slice(seen.length - 1);
    return { space, node, missing, syncRight: rights.syncRight, atoms: [...rights.atoms] };
  }

  /** In one moment, so that nothing comes into the folder between what is seen of it and what is read. */
  async listFolder(
    principal: MemberPrincipal,
    folderId: NodeId,
    query: PageQuery,
  ): Promise<z.output<typeof ChildrenAnswer>> {
    const after = query.after === undefined ? undefined : parsePage(query.after, ChildPositionSchema);
    return inSnapshot(this.dataSource, async (manager) => {
      const access = await this.access.require(manager, principal, { nodeId: folderId, atom: 'visible' });
      const folder = await findNode(manager, principal, folderId);
      if (!folder) throw new AppError('NODE_UNKNOWN');
      if (folder.kind !== 'folder') throw new AppError('KIND_MISMATCH', { expected: 'folder' });
      const { enterpriseId } = principal;
      const { spaceId } = access;
      const sight = await findChildrenSight(manager, this.access, { principal, spaceId, folderId });
      const foldersOnly = !access.atoms.has('list'); // on the way to a granted folder only the way itself is shown
      const children = { enterpriseId, spaceId, parentId: folderId, sight, foldersOnly };
      const { nodes, next } = await listChildren(manager, children, { after, limit: query.limit });
      const above = await listPath(manager, principal, folderId);
      const path = await findOpenPart({ manager, access: this.access, principal }, access, above);
      const total = await countChildren(manager, children);
      return { folder, path: path.map(({ id, name }) => ({ id, name })), nodes, next: next && encodePage(next), total };
    });
  }

  async getNode(principal: MemberPrincipal, nodeId: NodeId): Promise<DriveNode> {
    await this.access.require(this.dataSource.manager, principal, { nodeId, atom: 'visible' });
    return this.#getNode(principal, nodeId);
  }

  #sightOf(principal: MemberPrincipal): Sight {
    return { manager: this.dataSource.manager, access: this.access, principal };
  }

  async #getNode(principal: MemberPrincipal, nodeId: NodeId): Promise<DriveNode> {
    const node = await findNode(this.dataSource.manager, principal, nodeId);
    if (!node) throw new AppError('NODE_UNKNOWN');
    return node;
  }
}

/** Names of teams are unique in an enterprise. */
function findNamedSpace(spaces: readonly Space[], path: CloudPath): Space | undefined {
  const { space: wanted } = path;
  return spaces.find((space) => space.kind === wanted.kind && (!('name' in wanted) || space.name === wanted.name));
}
