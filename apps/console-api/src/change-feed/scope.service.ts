import { Injectable } from '@nestjs/common';
import { AppError, type CapsAnswer, type NodeId, type SpaceId } from '@tideline/contracts';
import { DataSource, type EntityManager } from 'typeorm';
import { AccessService } from '../grants/access.service.ts';
import type { MemberPrincipal } from '../platform/principal.ts';
import { inTransaction } from '../platform/transaction.ts';
import { findFeedSpace, type FeedSpace } from './feed.store.ts';

export type ScopeQuery = { readonly principal: MemberPrincipal; readonly spaceId: SpaceId; readonly rootId: NodeId };
/** How a sync root stands to its caller now. */
export type Scope =
  | { readonly kind: 'open'; readonly hidden: ReadonlySet<string> }
  | { readonly kind: 'trashed' }
  /** Not there, or the caller may not list it: to the caller one and the same. */
  | { readonly kind: 'closed' };

/** What of a space a caller sees below a root. */
@Injectable()
export class ScopeService {
  constructor(
    private readonly dataSource: DataSource,
    private readonly access: AccessService,
  ) {}

  /** With the space as the same transaction has read it, what was decided before need not be decided again. */
  async find(manager: EntityManager, query: ScopeQuery, space?: FeedSpace): Promise<Scope> {
    const { principal, spaceId, rootId } = query;
    const access = (await this.access.resolve(manager, principal, [rootId])).get(rootId);
    if (access?.spaceId !== spaceId || !access.atoms.has('list')) return { kind: 'closed' };
    if (await this.access.isTrashed(manager, principal, rootId)) return { kind: 'trashed' };
    if (access.ownerUserId === principal.userId) return { kind: 'open', hidden: new Set() };
    const boundaries = await this.access.listBoundaries(manager, principal, rootId, space);
    const hidden = boundaries.filter((boundary) => !boundary.atoms.has('list'));
    return { kind: 'open', hidden: new Set(hidden.map((boundary) => boundary.nodeId)) };
  }

  /** For readers that need the root to be there. */
  async getOpen(manager: EntityManager, query: ScopeQuery, space?: FeedSpace): Promise<ReadonlySet<string>> {
    const scope = await this.find(manager, query, space);
    if (scope.kind !== 'open') throw new AppError('NODE_UNKNOWN');
    return scope.hidden;
  }

  async getSpace(manager: EntityManager, query: ScopeQuery): Promise<FeedSpace> {
    const { principal, spaceId } = query;
    const space = await findFeedSpace(manager, { enterpriseId: principal.enterpriseId, spaceId });
    if (!space) throw new AppError('NODE_UNKNOWN');
    return space;
  }

  /** A lost root is answered with empty rights, not as unknown: losing a right must never look like a deletion. */
  getCaps(query: ScopeQuery): Promise<CapsAnswer> {
    return inTransaction(this.dataSource, (manager) => this.#readCaps(manager, query), {
      isolation: 'REPEATABLE READ',
    });
  }

  async #readCaps(manager: EntityManager, query: ScopeQuery): Promise<CapsAnswer> {
    const { principal, spaceId, rootId } = query;
    const space = await this.getSpace(manager, query);
    const { capsRev } = space;
    const access = (await this.access.resolve(manager, principal, [rootId])).get(rootId);
    if (access?.spaceId !== spaceId) return { capsRev, boundaries: [{ nodeId: rootId, atoms: [], syncRight: 'none' }] };
    const below = await this.access.listBoundaries(manager, principal, rootId, space);
    const boundaries = [{ nodeId: rootId, ...access }, ...below].map((boundary) => ({
      nodeId: boundary.nodeId,
      atoms: [...boundary.atoms],
      syncRight: boundary.syncRight,
    }));
    return { capsRev, boundaries };
  }
}
