import { Injectable } from '@nestjs/common';
import { AppError, type NodeId } from '@tideline/contracts';
import { DataSource } from 'typeorm';
import { ContentService, type OpenContent } from '../drive/content.service.ts';
import { AccessService } from '../grants/access.service.ts';
import type { MemberPrincipal } from '../platform/principal.ts';
import { distinctNames, toZipName } from './zip-name.ts';
import { listZipChildren, listZipNodes, type ZipNode } from './zip.store.ts';

/** `content` absent: a folder. */
export type ZipEntry = {
  readonly path: string;
  readonly modifiedAt: Date;
  readonly exec: boolean;
  readonly content: OpenContent | undefined;
};
type Folder = { readonly node: ZipNode; readonly path: string };

const PAGE = 200;

/**
 * Walks what is asked for, folder by folder and page by page: memory holds one page and the folders still to come. Rights are looked at
 * per page; what the caller may not see or not download is left out.
 */
@Injectable()
export class ZipWalk {
  constructor(
    private readonly dataSource: DataSource,
    private readonly access: AccessService,
    private readonly contents: ContentService,
  ) {}

  /** Throws for what is asked for by id and may not be had; before anything is sent. */
  async requireTops(principal: MemberPrincipal, nodeIds: readonly NodeId[]): Promise<ZipNode[]> {
    const { manager } = this.dataSource;
    const access = await this.access.resolve(manager, principal, nodeIds);
    const nodes = await listZipNodes(manager, principal, nodeIds);
    for (const id of nodeIds) {
      const node = nodes.find((each) => each.id === id);
      const atoms = access.get(id)?.atoms;
      if (!node || !atoms || (await this.access.isTrashed(manager, principal, id))) throw new AppError('NODE_UNKNOWN');
      if (!atoms.has(node.kind === 'file' ? 'download' : 'list')) throw new AppError('FORBIDDEN');
    }
    return nodes;
  }

  async *walk(principal: MemberPrincipal, tops: readonly ZipNode[]): AsyncIterable<ZipEntry> {
    const names = distinctNames(tops);
    const folders: Folder[] = [];
    const named = tops.map((node) => ({ node, path: names.get(node) ?? '' }));
    yield* this.#emit(principal, named, folders);
    for (let folder = folders.pop(); folder; folder = folders.pop()) {
      for await (const page of this.#pages(principal, folder)) yield* this.#emit(principal, page, folders);
    }
  }

  async *#emit(principal: MemberPrincipal, page: readonly Folder[], folders: Folder[]): AsyncIterable<ZipEntry> {
    const files = page.filter(({ node }) => node.kind === 'file');
    const contents = await this.contents.listContents(
      principal,
      files.map(({ node }) => node.id),
    );
    for (const { node, path } of page) {
      const modifiedAt = node.mtimeMs === null ? node.createdAt : new Date(node.mtimeMs);
      const content = contents.get(node.id);
      if (node.kind === 'folder') folders.push({ node, path });
      if (node.kind === 'folder' || content) yield { path, modifiedAt, exec: node.exec, content };
    }
  }

  async *#pages(principal: MemberPrincipal, { node: folder, path }: Folder): AsyncIterable<Folder[]> {
    const { manager } = this.dataSource;
    let after = '';
    for (;;) {
      const found = await listZipChildren(manager, principal, { folder, after, limit: PAGE });
      const access = await this.access.resolve(
        manager,
        principal,
        found.map((node) => node.id),
      );
      const seen = found.filter((node) => access.has(node.id));
      yield seen.map((node) => ({ node, path: `${path}/${toZipName(node.name, node.id)}` }));
      const last = found.at(-1);
      if (!last || found.length < PAGE) return;
      after = last.name;
    }
  }
}
