import { Injectable } from '@nestjs/common';
import { AppError, type ChangesAnswer, type FeedItem, type NodeId } from '@tideline/contracts';
import { DataSource, type EntityManager } from 'typeorm';
import { inTransaction } from '../platform/transaction.ts';
import { encodeCursor, parseCursor, type Cursor } from './cursor.ts';
import { planFeedPage } from './feed-page.ts';
import {
  findToken,
  listChanged,
  listNodes,
  listStatesUpwards,
  renewEpoch,
  type FeedSpace,
  type SpaceKey,
} from './feed.store.ts';
import { ScopeService, type ScopeQuery } from './scope.service.ts';

export type ChangesQuery = ScopeQuery & { readonly cursor: string; readonly limit: number };
type Page = {
  readonly query: ChangesQuery;
  readonly key: SpaceKey;
  readonly space: FeedSpace;
  readonly cursor: Cursor;
};

/** Pages of node states since a cursor. Each page is read from one snapshot of the database. */
@Injectable()
export class ChangesService {
  constructor(
    private readonly dataSource: DataSource,
    private readonly scopes: ScopeService,
  ) {}

  async listChanges(query: ChangesQuery): Promise<ChangesAnswer> {
    const answer = await inTransaction(this.dataSource, (manager) => this.#readPage(manager, query), {
      isolation: 'REPEATABLE READ',
    });
    return 'restored' in answer ? this.#announceRestore(query, answer.restored) : answer;
  }

  async #readPage(manager: EntityManager, query: ChangesQuery): Promise<ChangesAnswer | { restored: FeedSpace }> {
    const key = { enterpriseId: query.principal.enterpriseId, spaceId: query.spaceId };
    const space = await this.scopes.getSpace(manager, query);
    const scope = await this.scopes.find(manager, query);
    const cursor = parseCursor(query.cursor, { spaceId: query.spaceId, cursorKey: space.cursorKey });
    if (!cursor) throw new AppError(scope.kind === 'closed' ? 'NODE_UNKNOWN' : 'CURSOR_INVALID');
    if (cursor.epoch !== space.epoch) return standingStill(query, space, []);
    if ((await findToken(manager, key, cursor.seq)) !== cursor.token) return { restored: space };
    const page = { query, key, space, cursor };
    switch (scope.kind) {
      case 'closed':
        return standingStill(query, space, [rootGone(query.rootId, 'revoked')]);
      case 'trashed':
        return standingStill(query, space, [rootGone(query.rootId, 'trashed')]);
      case 'open':
        return this.#readOpenPage(manager, page, scope.hidden);
      default:
        return scope satisfies never;
    }
  }

  async #readOpenPage(manager: EntityManager, page: Page, hidden: ReadonlySet<string>): Promise<ChangesAnswer> {
    const { query, key, space, cursor } = page;
    const { seq, epoch, capsRev } = space;
    const found = await listChanged(manager, key, { afterSeq: cursor.seq, limit: query.limit + 1 });
    const more = found.length > query.limit;
    const window = more ? found.slice(0, query.limit) : found;
    const endSeq = more ? (window.at(-1)?.seq ?? cursor.seq) : seq;
    const items = await this.#tell(manager, page, { changed: window.map((change) => change.nodeId), hidden });
    const token = await findToken(manager, key, endSeq);
    if (token === undefined) throw new Error(`space ${key.spaceId} has no commit at seq ${endSeq}`);
    const seal = { spaceId: key.spaceId, cursorKey: space.cursorKey };
    return { items, cursor: encodeCursor({ seq: endSeq, epoch, token }, seal), seq, epoch, capsRev, more };
  }

  async #tell(
    manager: EntityManager,
    page: Page,
    window: { readonly changed: readonly string[]; readonly hidden: ReadonlySet<string> },
  ): Promise<FeedItem[]> {
    if (window.changed.length === 0) return [];
    const { rootId } = page.query;
    const afterSeq = page.cursor.seq;
    const nodeIds = [...new Set(window.changed)];
    const states = await listStatesUpwards(manager, page.key, { nodeIds, afterSeq, rootId });
    const plan = planFeedPage({ rootId, cursorSeq: afterSeq, states, ...window });
    const nodes = await listNodes(
      manager,
      page.key,
      plan.nodes.map((node) => node.id),
    );
    const told = plan.nodes.flatMap(({ id, entered }): FeedItem[] => {
      const node = nodes.get(id);
      return node ? [{ type: 'node', node, entered }] : [];
    });
    return [...told, ...plan.gone.map((item): FeedItem => ({ type: 'gone', ...item, id: item.id as NodeId }))];
  }

  /** The cursor's commit is not in this database, so the database is an older copy: the epoch says so from now on. */
  async #announceRestore(query: ChangesQuery, space: FeedSpace): Promise<ChangesAnswer> {
    const key = { enterpriseId: query.principal.enterpriseId, spaceId: query.spaceId };
    const epoch = await renewEpoch(this.dataSource.manager, key, space.epoch);
    return standingStill(query, { ...space, epoch }, []);
  }
}

/** Answers without moving the cursor: whoever does not understand the answer asks the same again and misses nothing. */
function standingStill(query: ChangesQuery, space: FeedSpace, items: FeedItem[]): ChangesAnswer {
  const { seq, epoch, capsRev } = space;
  return { items, cursor: query.cursor, seq, epoch, capsRev, more: false };
}

function rootGone(id: NodeId, gone: 'revoked' | 'trashed'): FeedItem {
  return { type: 'gone', id, gone, rev: 0 };
}
