import { Injectable } from '@nestjs/common';
import { AppError, type DigestAnswer, type DriveNode, type ListingAnswer } from '@tideline/contracts';
import { DataSource, type EntityManager } from 'typeorm';
import { z } from 'zod';
import { openPage, sealPage, type PageSeal } from '../drive/sealed-page.ts';
import { cutPage, ONE_MORE } from '../platform/page.ts';
import { inTransaction } from '../platform/transaction.ts';
import { encodeCursor } from './cursor.ts';
import { findToken, listNodes, type FeedSpace } from './feed.store.ts';
import { listChildrenAt, listFoldersFrom, sumTree, type Tree, type TreeDigest } from './listing.store.ts';
import { ScopeService, type ScopeQuery } from './scope.service.ts';

export type ListingQuery = ScopeQuery & { readonly page: string | undefined; readonly limit: number };

/** Folders whose children one look reads: bounds what is walked beyond the page. */
const FOLDERS_PER_LOOK = 32;
/** Nodes that are in memory as objects at one time. */
const NODES_PER_LOOK = 2000;
/** Looks of one page: where folders hold next to nothing it is sent before it is full. */
const LOOKS_PER_PAGE = 40;

/** Sealed: the seq is believed, and what lay in a folder before it was opened to somebody is not theirs to see (PE-5). */
const PageToken = z.object({
  seq: z.int().min(1),
  count: z.int().min(0),
  digest: z.string().length(32),
  folderId: z.uuid(),
  afterName: z.string().max(255),
});
type PageToken = z.output<typeof PageToken>;
type At = Tree & { readonly seq: number };
type Answer = z.output<typeof ListingAnswer>;
type Take = (nodes: readonly DriveNode[]) => void;

/** Full listings that stay as of one seq while writes go on: later pages read history where nodes have changed since. */
@Injectable()
export class ListingService {
  constructor(
    private readonly dataSource: DataSource,
    private readonly scopes: ScopeService,
  ) {}

  async list(query: ListingQuery): Promise<Answer> {
    return this.#inSnapshot(async (manager) => {
      const nodes: DriveNode[] = [];
      const rest = await this.#readPage(manager, query, (found) => {
        for (const node of found) nodes.push(node);
      });
      return { nodes, ...rest };
    });
  }

  /**
   * The same as JSON. Nodes become bytes as they are read: the objects of a whole page would outlive their youth, and the memory
   * of the process would grow from page to page until the collector gets round to the old ones.
   */
  async listJson(query: ListingQuery): Promise<Buffer[]> {
    return this.#inSnapshot(async (manager) => {
      const pieces = [Buffer.from('{"nodes":[')];
      const rest = await this.#readPage(manager, query, (found) => {
        if (found.length === 0) return;
        if (pieces.length > 1) pieces.push(Buffer.from(','));
        pieces.push(Buffer.from(JSON.stringify(found).slice(1, -1)));
      });
      pieces.push(Buffer.from(`],${JSON.stringify(rest).slice(1)}`));
      return pieces;
    });
  }

  async getDigest(query: ScopeQuery): Promise<z.output<typeof DigestAnswer>> {
    return this.#inSnapshot(async (manager) => {
      const space = await this.scopes.getSpace(manager, query);
      const sum = await sumTree(manager, await this.#findTree(manager, query, space));
      return { ...sum, seq: space.seq, epoch: space.epoch };
    });
  }

  async #readPage(manager: EntityManager, query: ListingQuery, take: Take): Promise<Omit<Answer, 'nodes'>> {
    const space = await this.scopes.getSpace(manager, query);
    const tree = await this.#findTree(manager, query, space);
    const seal = sealOf(query, space);
    const token =
      query.page === undefined ? await startToken(manager, tree, space) : openPage(query.page, PageToken, seal);
    const isKept = token && token.seq >= space.historyFromSeq && token.seq <= space.seq;
    if (!isKept) throw new AppError('CURSOR_EXPIRED');
    if (query.page === undefined) take(await getRoot(manager, tree));
    const next = await readNodes(manager, { ...tree, seq: token.seq }, { token, limit: query.limit, take });
    const { seq, count, digest } = token;
    const cursor = await cursorAt(manager, tree, { seq, space });
    const nextPage = next && sealPage({ ...token, ...next }, seal);
    return { nextPage, count, digest, cursor, seq, epoch: space.epoch, capsRev: space.capsRev };
  }

  async #findTree(manager: EntityManager, query: ScopeQuery, space: FeedSpace): Promise<Tree> {
    const hidden = await this.scopes.getOpen(manager, query, space);
    return { enterpriseId: query.principal.enterpriseId, spaceId: query.spaceId, rootId: query.rootId, hidden };
  }

  #inSnapshot<T>(read: (manager: EntityManager) => Promise<T>): Promise<T> {
    return inTransaction(this.dataSource, read, { isolation: 'REPEATABLE READ', statementTimeoutMs: 120_000 });
  }
}

async function startToken(manager: EntityManager, tree: Tree, space: FeedSpace): Promise<PageToken> {
  const sum: TreeDigest = await sumTree(manager, tree);
  return { seq: space.seq, ...sum, folderId: tree.rootId, afterName: '' };
}

/** Pages list folders each before those in it (`branch`): one of another order, epoch, root or reader cannot be gone on from. */
function sealOf({ principal, spaceId, rootId }: ScopeQuery, space: FeedSpace): PageSeal {
  return { key: space.cursorKey, of: ['listing', 'branch', spaceId, rootId, principal.userId, space.epoch] };
}

async function getRoot(manager: EntityManager, tree: Tree): Promise<DriveNode[]> {
  const root = (await listNodes(manager, tree, [tree.rootId])).get(tree.rootId);
  if (!root) throw new AppError('NODE_UNKNOWN');
  return [root];
}

type Position = { readonly folderId: string; readonly afterName: string };
type Look = { readonly nodes: readonly DriveNode[]; readonly next: Position | null };

/** Gives the nodes after the token's position, and answers where the next page begins; a page may be shorter than its limit. */
async function readNodes(
  manager: EntityManager,
  at: At,
  page: { readonly token: PageToken; readonly limit: number; readonly take: Take },
): Promise<Position | null> {
  const { folderId, afterName } = page.token;
  let next: Position | null = { folderId, afterName };
  let left = page.limit;
  for (let looks = 0; next && left > 0 && looks < LOOKS_PER_PAGE; looks++) {
    const look: Look = await lookFrom(manager, at, { from: next, limit: Math.min(left, NODES_PER_LOOK) });
    page.take(look.nodes);
    left -= look.nodes.length;
    next = look.next;
  }
  return next;
}

async function lookFrom(
  manager: EntityManager,
  at: At,
  { from, limit }: { readonly from: Position; readonly limit: number },
): Promise<Look> {
  const folderIds = await listFoldersFrom(manager, at, { folderId: from.folderId, limit: FOLDERS_PER_LOOK + 1 });
  if (folderIds.length === 0) throw new AppError('CURSOR_EXPIRED'); // rights changed, or the token is not ours
  const rest = folderIds[FOLDERS_PER_LOOK];
  const looked = {
    folderIds: folderIds.slice(0, FOLDERS_PER_LOOK),
    afterName: from.afterName,
    limit: limit + ONE_MORE,
  };
  const { rows: nodes, last } = cutPage(await listChildrenAt(manager, at, looked), limit);
  if (last) return { nodes, next: positionOf(last) };
  return { nodes, next: rest === undefined ? null : { folderId: rest, afterName: '' } };
}

function positionOf(node: DriveNode): Position {
  if (!node.parentId) throw new Error('a listed node without a folder');
  return { folderId: node.parentId, afterName: node.name };
}

async function cursorAt(
  manager: EntityManager,
  tree: Tree,
  position: { readonly seq: number; readonly space: FeedSpace },
): Promise<string> {
  const { seq, space } = position;
  const token = await findToken(manager, tree, seq);
  if (token === undefined) throw new AppError('CURSOR_EXPIRED');
  return encodeCursor({ seq, epoch: space.epoch, token }, { spaceId: tree.spaceId, cursorKey: space.cursorKey });
}
