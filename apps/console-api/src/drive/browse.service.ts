import { Injectable } from '@nestjs/common';
import {
  AppError,
  formatCloudPath,
  parseCloudPath,
  type Atom,
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
import type { MemberPrincipal } from '../platform/principal.ts';
import { SpaceSight } from '../platform/space-sight.ts';
import { countChildren, findNode, listChildren, listPath, walkNames } from './browse.store.ts';
import { encodePage, parsePage } from './page-token.ts';
import { findOpenPart, findShare, type Sight } from './received-share.ts';
import { listSpacesById } from './space.store.ts';

type PageQuery = { readonly after?: string | undefined; readonly limit: number };

const ChildPositionSchema = z.tuple([z.int().min(0).max(1), z.string(), z.string()]);

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

  async listFolder(
    principal: MemberPrincipal,
    folderId: NodeId,
    query: PageQuery,
  ): Promise<z.output<typeof ChildrenAnswer>> {
    const { manager } = this.dataSource;
    const access = await this.access.require(manager, principal, { nodeId: folderId, atom: 'visible' });
    const folder = await this.#getNode(principal, folderId);
    if (folder.kind !== 'folder') throw new AppError('KIND_MISMATCH', { expected: 'folder' });
    const key = { enterpriseId: principal.enterpriseId, spaceId: access.spaceId };
    const mayList = access.atoms.has('list');
    const after = query.after === undefined ? undefined : parsePage(query.after, ChildPositionSchema);
    const found = await listChildren(manager, key, {
      parentId: folderId,
      after,
      limit: query.limit,
      foldersOnly: !mayList, // on the way to a granted folder only the way itself is shown
    });
    const nodes = await this.#visible(principal, found.nodes);
    const path = await findOpenPart(this.#sightOf(principal), access, await listPath(manager, principal, folderId));
    const total = mayList ? await countChildren(manager, key, folderId) : nodes.length;
    const next = found.next && encodePage(found.next);
    return { folder, path: path.map(({ id, name }) => ({ id, name })), nodes, next, total };
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

  async #visible(principal: MemberPrincipal, nodes: DriveNode[], atom: Atom = 'visible'): Promise<DriveNode[]> {
    const ids = nodes.map((node) => node.id);
    const access = await this.access.resolve(this.dataSource.manager, principal, ids);
    return nodes.filter((node) => access.get(node.id)?.atoms.has(atom));
  }
}

/** Names of teams are unique in an enterprise. */
function findNamedSpace(spaces: readonly Space[], path: CloudPath): Space | undefined {
  const { space: wanted } = path;
  return spaces.find((space) => space.kind === wanted.kind && (!('name' in wanted) || space.name === wanted.name));
}
