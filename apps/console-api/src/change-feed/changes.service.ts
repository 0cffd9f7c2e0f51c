import { Injectable } from '@nestjs/common';
import { AppError, type ChangesAnswer, type FeedItem, type NodeId } from '@tideline/contracts';
import { DataSource, type EntityManager } from 'typeorm';
import { cutPage, ONE_MORE } from '../platform/page.ts';
import { inTransaction } from '../platform/transaction.ts';
import { encodeCursor, epochOf, parseCursor, type Cursor } from './cursor.ts';
import { planFeedPage, splitWindow, type PastState } from './feed-page.ts';
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
import { SpaceWaiters } from './space-waiters.ts';

export type ChangesQuery = ScopeQuery & {
  readonly cursor: string;
  readonly limit: number;
  /** How long to wait for something to tell. */
  readonly waitMs?: number;
  /** The caller has gone. */
  readonly signal?: AbortSignal;
};
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
    private readonly waiters: SpaceWaiters,
  ) {}

  /** With `waitMs`: as soon as there is something to tell, or the newest cursor when the time is over. */
  async listChanges(query: ChangesQuery): Promise<ChangesAnswer> {
    const endMs = performance.now() + (query.waitMs ?? 0);
    for (let cursor = query.cursor; ;) {
      const answer = await this.#readOnce({ ...query, cursor });
      const timeoutMs = endMs - performance.now();
      if (timeoutMs <= 0 || !isQuiet(answer)) return answer;
      const { enterpriseId } = query.principal;
      const wait = { enterpriseId, spaceId: query.spaceId, seq: answer.seq, timeoutMs, signal: query.signal };
      if (!(await this.waiters.wait(wait))) return answer;
      cursor = answer.cursor;
    }
  }

  async #readOnce(query: ChangesQuery): Promise<ChangesAnswer> {
    const answer = await inTransaction(this.dataSource, (manager) => this.#readPage(manager, query), {
      isolation: 'REPEATABLE READ',
    });
    return 'restored' in answer ? this.#announceRestore(query, answer.restored) : answer;
  }

  async #readPage(manager: EntityManager, query: ChangesQuery): Promise<ChangesAnswer | { restored: FeedSpace }> {
    const key = { enterpriseId: query.principal.enterpriseId, spaceId: query.spaceId };
    const space = await this.scopes.getSpace(manager, query);
    const scope = await this.scopes.find(manager, query, space);
    const cursor = parseCursor(query.cursor, { spaceId: query.spaceId, cursorKey: space.cursorKey });
    if (!cursor) throw new AppError(scope.kind === 'closed' ? 'NODE_UNKNOWN' : 'CURSOR_INVALID');
    if (cursor.epoch !== space.epoch) return standingStill(query, space, []);
    if (cursor.seq < space.feedFromSeq) throw new AppError('CURSOR_EXPIRED');
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
    const found = await listChanged(manager, key, { afterSeq: cursor.seq, limit: query.limit + ONE_MORE });
    const { rows: window, last } = cutPage(found, query.limit);
    const endSeq = last?.fromSeq ?? seq;
    const items = await this.#tell(manager, page, { window, hidden });
    const token = await findToken(manager, key, endSeq);
    if (token === undefined) throw new Error(`space ${key.spaceId} has no commit at seq ${endSeq}`);
    const seal = { spaceId: key.spaceId, cursorKey: space.cursorKey };
    return {
      items,
      cursor: encodeCursor({ seq: endSeq, epoch, token }, seal),
      seq,
      epoch,
      capsRev,
      more: last !== undefined,
    };
  }

  async #tell(
    manager: EntityManager,
    page: Page,
    { window, hidden }: { readonly window: readonly PastState[]; readonly hidden: ReadonlySet<string> },
  ): Promise<FeedItem[]> {
    if (window.length === 0) return [];
    const { rootId } = page.query;
    const afterSeq = page.cursor.seq;
    const { only, askedIds } = splitWindow(window, rootId);
    const asked = await listStatesUpwards(manager, page.key, { nodeIds: askedIds, afterSeq, rootId });
    const changed = window.map((state) => state.nodeId);
    const plan = planFeedPage({ rootId, cursorSeq: afterSeq, states: [...only, ...asked], changed, hidden });
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

/** Nothing to tell, and nothing that the caller has to understand first: a new epoch comes without items as well. */
function isQuiet(answer: ChangesAnswer): boolean {
  return answer.items.length === 0 && !answer.more && epochOf(answer.cursor) === answer.epoch;
}

/** Answers without moving the cursor: whoever does not understand the answer asks the same again and misses nothing. */
function standingStill(query: ChangesQuery, space: FeedSpace, items: FeedItem[]): ChangesAnswer {
  const { seq, epoch, capsRev } = space;
  return { items, cursor: query.cursor, seq, epoch, capsRev, more: false };
}

function rootGone(id: NodeId, gone: 'revoked' | 'trashed'): FeedItem {
  return { type: 'gone', id, gone, rev: 0 };
}
