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
type Member = { readonly node: ZipNode; readonly path: string };
/** A folder that is walked: the pages still to come, and the folders of the last one. */
type Level = { readonly pages: AsyncIterator<Member[], void>; folders: Member[] };

const PAGE = 200;

/**
 * Walks what is asked for, folder by folder and page by page, and into the folders of a page before the next page is read: memory
 * holds one page for each level of the tree. Rights are looked at per page; what the caller may not see or not download is left out.
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
    const trashed = await this.access.findTrashed(manager, principal, nodeIds);
    for (const id of nodeIds) {
      const node = nodes.find((each) => each.id === id);
      const atoms = access.get(id)?.atoms;
      if (!node || !atoms || trashed.has(id)) throw new AppError('NODE_UNKNOWN');
      if (!atoms.has(node.kind === 'file' ? 'download' : 'list')) throw new AppError('FORBIDDEN');
    }
    return nodes;
  }

  async *walk(principal: MemberPrincipal, tops: readonly ZipNode[]): AsyncIterable<ZipEntry> {
    const names = distinctNames(tops);
    const levels: Level[] = [{ pages: once(tops.map((node) => ({ node, path: names.get(node) ?? '' }))), folders: [] }];
    for (let level = levels.at(-1); level; level = levels.at(-1)) {
      const folder = level.folders.shift();
      if (folder) {
        levels.push({ pages: this.#pages(principal, folder), folders: [] });
        continue;
      }
      const page = await level.pages.next();
      if (page.done) levels.pop();
      else yield* this.#emit(principal, page.value);
      if (!page.done) level.folders = page.value.filter(({ node }) => node.kind === 'folder');
    }
  }

  async *#emit(principal: MemberPrincipal, page: readonly Member[]): AsyncIterable<ZipEntry> {
    const files = page.filter(({ node }) => node.kind === 'file');
    const contents = await this.contents.listContents(
      principal,
      files.map(({ node }) => node.id),
    );
    for (const { node, path } of page) {
      const modifiedAt = node.mtimeMs === null ? node.createdAt : new Date(node.mtimeMs);
      const content = contents.get(node.id);
      if (node.kind === 'folder' || content) yield { path, modifiedAt, exec: node.exec, content };
    }
  }

  async *#pages(principal: MemberPrincipal, { node: folder, path }: Member): AsyncGenerator<Member[], void> {
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

async function* once(page: Member[]): AsyncGenerator<Member[], void> {
  yield await Promise.resolve(page);
}
