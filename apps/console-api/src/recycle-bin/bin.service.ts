import { Injectable } from '@nestjs/common';
import {
  AppError,
  type ErrorCode,
  type NodeId,
  type RestoreItem,
  type SpaceId,
  type TrashedNode,
} from '@tideline/contracts';
import { DataSource } from 'typeorm';
import { z } from 'zod';
import type { SpaceKey } from '../drive/batch.store.ts';
import { CommitService } from '../drive/commit.service.ts';
import { openPage, sealPage, type PageSeal } from '../drive/sealed-page.ts';
import { AccessService } from '../grants/access.service.ts';
import type { MemberPrincipal } from '../platform/principal.ts';
import { inSnapshot } from '../platform/transaction.ts';
import {
  countTrash,
  findBinSpace,
  listLinksUpwards,
  type BinSpace,
  type Link,
  type TrashEntry,
  type TrashFilter,
} from './bin.store.ts';
import { ancestorsOf, findHome, placeOf } from './home.ts';
import { planRestore, type PlannedRestore, type RestorePlan, type Returning } from './restore-plan.ts';
import { listAllTrash, listSeenTrash, seesWholeBin, type BinSight } from './seen-trash.ts';

type TrashQuery = TrashFilter & { readonly after?: string | undefined; readonly limit: number };
type TrashPage = { nodes: TrashedNode[]; next: string | null; total: number };
type BinKey = SpaceKey & { readonly principal: MemberPrincipal };

const TrashPositionSchema = z.tuple([z.iso.datetime(), z.uuid()]);
/** Others may take a name or a folder between the plan and its commit; then the plan is made anew. */
const RACED: ReadonlySet<ErrorCode> = new Set(['NAME_TAKEN', 'PARENT_UNKNOWN', 'PARENT_TRASHED', 'NODE_ID_TAKEN']);
const MAX_ROUNDS = 20;
const NO_PAGE = 'the position of the page is not valid';

/** The recycle bin of a space (VE-2): what is in it, and the way back. */
@Injectable()
export class BinService {
  constructor(
    private readonly dataSource: DataSource,
    private readonly access: AccessService,
    private readonly commits: CommitService,
  ) {}

  /** Throws SPACE_UNKNOWN unless the caller sees something of the space. */
  requireSpace(principal: MemberPrincipal, spaceId: SpaceId): Promise<void> {
    return this.access.requireWatchable(this.dataSource.manager, principal, spaceId);
  }

  /** Pages end at entries, so that they stay where they are when others come. */
  async list(principal: MemberPrincipal, spaceId: SpaceId, query: TrashQuery): Promise<TrashPage> {
    await this.requireSpace(principal, spaceId);
    return inSnapshot(this.dataSource, async (manager) => {
      const key = { enterpriseId: principal.enterpriseId, spaceId };
      const space = await findBinSpace(manager, key);
      if (!space) throw new AppError('SPACE_UNKNOWN', { space: spaceId });
      const seal: PageSeal = { key: space.pageKey, of: ['bin', spaceId, principal.userId] };
      const after = query.after === undefined ? undefined : openPage(query.after, TrashPositionSchema, seal);
      if (query.after !== undefined && !after) throw new AppError('INVALID_INPUT', { reason: NO_PAGE });
      const sight = { manager, access: this.access, principal, key };
      const page = { after, limit: query.limit, filter: query };
      const seesAll = await seesWholeBin(sight, space);
      const { entries, next } = seesAll ? await listAllTrash(sight, page) : await listSeenTrash(sight, page);
      const nodes = await this.#withPlaces(sight, space, entries);
      const total = seesAll ? await countTrash(manager, key, query) : nodes.length;
      return { nodes, next: next && sealPage(next, seal), total };
    });
  }

  /** PE-5: of somebody else's personal space a place begins where it was opened to the caller. */
  async #withPlaces(
    { manager, access, principal, key }: BinSight,
    { ownerUserId }: BinSpace,
    entries: readonly TrashEntry[],
  ): Promise<TrashedNode[]> {
    const ids = entries.map((entry) => entry.id);
    const links = await listLinksUpwards(manager, key, ids);
    const isForeign = ownerUserId !== null && ownerUserId !== principal.userId;
    const open = isForeign ? new Set((await access.resolve(manager, principal, [...links.keys()])).keys()) : undefined;
    return entries.map((entry) => ({ ...entry, place: placeOf(entry.id, links, open) }));
  }

  /**
   * Back to the original path with the same id. What lies below another node that comes back waits for that one; folders of the
   * path that are gone or in the bin are made again, empty but for what returns; taken names get a number.
   */
  async restore(principal: MemberPrincipal, spaceId: SpaceId, nodeIds: readonly NodeId[]): Promise<RestoreItem[]> {
    await this.requireSpace(principal, spaceId);
    const key: BinKey = { enterpriseId: principal.enterpriseId, spaceId, principal };
    const settled = new Map<NodeId, RestoreItem>();
    let waiting = [...new Set(nodeIds)];
    for (let round = 1; waiting.length > 0; round++) {
      for (const item of await this.#restoreRound(key, waiting)) {
        const isRaced = item.status === 'refused' && RACED.has(item.code) && round < MAX_ROUNDS;
        if (!isRaced) settled.set(item.nodeId, item);
      }
      waiting = waiting.filter((id) => !settled.has(id));
    }
    return nodeIds.flatMap((id) => settled.get(id) ?? []);
  }

  /** Those that need not wait for another one; answers what became of them. */
  async #restoreRound(key: BinKey, waiting: readonly NodeId[]): Promise<RestoreItem[]> {
    const { manager } = this.dataSource;
    const links = await listLinksUpwards(manager, key, waiting);
    const access = await this.access.resolve(manager, key.principal, waiting);
    const returning = new Map<NodeId, Returning>();
    const refused: RestoreItem[] = [];
    for (const nodeId of waiting) {
      const link = links.get(nodeId);
      const home = findHome(nodeId, links);
      const code = findRefusal(link, access.get(nodeId)?.atoms);
      if (code) refused.push({ status: 'refused', nodeId, code });
      else if (link && home) returning.set(nodeId, { link, home });
      else refused.push({ status: 'refused', nodeId, code: 'ROOT_IMMUTABLE' });
    }
    const first = [...returning.values()].filter(
      ({ link }) => !ancestorsOf(link, links).some((above) => returning.has(above.id)),
    );
    return [...refused, ...(await this.#bringBack(key, first))];
  }

  async #bringBack(key: BinKey, nodes: readonly Returning[]): Promise<RestoreItem[]> {
    if (nodes.length === 0) return [];
    const plan = await planRestore(this.dataSource.manager, key, nodes);
    const { outcomes } = await this.commits.commit({
      principal: key.principal,
      spaceId: key.spaceId,
      request: { atomic: false, ops: [...plan.ops], inline: [] },
      pack: { packId: undefined, sizeBytes: 0, packed: [], proven: [] },
    });
    return plan.restores.map((restore) => toItem(restore, plan, new Map(outcomes.map((each) => [each.opId, each]))));
  }
}

type Outcomes = ReadonlyMap<string, Awaited<ReturnType<CommitService['commit']>>['outcomes'][number]>;

function toItem(restore: PlannedRestore, plan: RestorePlan, outcomes: Outcomes): RestoreItem {
  const { nodeId, renamedFrom } = restore;
  const folders = restore.folderOpIds.flatMap((opId) => outcomes.get(opId) ?? []);
  const outcome = outcomes.get(restore.opId);
  if (!outcome) throw new Error(`no outcome among those of ${plan.ops.length} operations`);
  // Without its folder a node has no place: the folder's refusal is the reason.
  const refused = [...folders, outcome].find((each) => each.status === 'refused');
  if (refused?.status === 'refused') return { status: 'refused', nodeId, code: refused.code };
  if (outcome.status === 'refused') return { status: 'refused', nodeId, code: outcome.code };
  const recreated = folders.flatMap((each) => (each.status === 'done' ? [each.node] : []));
  return { status: 'restored', nodeId, node: outcome.node, renamedFrom, recreated };
}

function findRefusal(link: Link | undefined, atoms: ReadonlySet<string> | undefined): ErrorCode | undefined {
  if (!link || link.purged || !atoms) return 'NODE_UNKNOWN';
  if (!link.trashed) return 'NOT_TRASHED';
  return atoms.has('delete') ? undefined : 'FORBIDDEN';
}
