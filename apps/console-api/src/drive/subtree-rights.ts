import type { Atom, BatchOp, NodeId } from '@tideline/contracts';
import type { EntityManager } from 'typeorm';
import { toSubject, type AccessService, type NodeAccess } from '../grants/access.service.ts';
import { findPartsRevision, type PartsRevision } from '../grants/parts-revision.ts';
import type { SpaceParts } from '../grants/space-parts.ts';
import type { Batch, Group } from './batch.ts';
import { SEEING } from './newly-readable.ts';

/** What one batch meets below the folders that it takes out of their places. */
export type Below = {
  /** By opId. */
  readonly barriers: ReadonlyMap<string, NodeId | null>;
  readonly parts: SpaceParts | undefined;
  /** Folders that may have to be named as the reason of a refusal. */
  readonly toldIds: readonly NodeId[];
};
export type SubtreeLook = {
  /** Per batch of the group. */
  readonly below: readonly Below[];
  /** What they follow from; absent when the group takes no folder of somebody else's out of its place. */
  readonly revision: PartsRevision | undefined;
};
type AskedBatch = Batch & { readonly rights: ReadonlyMap<string, NodeAccess> };
type TakenFolder = { readonly opId: string; readonly nodeId: NodeId; readonly atom: Atom | undefined };

const NEEDED: Partial<Record<BatchOp['kind'], Atom>> = { trash: 'delete', move: 'move' };
export const NOTHING_BELOW: Below = { barriers: new Map(), parts: undefined, toldIds: [] };

/**
 * PE-4: what lies in folders that are trashed or moved, and may not be, or could be read elsewhere only. The revision is read first,
 * so that what was found still holds as long as the revision is the same. One statement in a space that has no parts of their own
 * rights.
 */
export async function lookBelow(
  manager: EntityManager,
  access: AccessService,
  group: Group,
  rightsOf: readonly AskedBatch['rights'][],
): Promise<SubtreeLook> {
  const [{ principal, spaceId }] = group;
  const taken = group.map((batch, index) => listTaken({ ...batch, rights: rightsOf[index] ?? new Map() }));
  if (taken.every((folders) => folders.length === 0)) return { below: [], revision: undefined };
  const revision = await findPartsRevision(manager, principal.enterpriseId, spaceId);
  if (!revision?.hasParts) return { below: [], revision };
  const below: Below[] = [];
  for (const [index, batch] of group.entries()) below.push(await lookBelowOf(manager, access, batch, taken[index]));
  return { below, revision };
}

function listTaken(batch: AskedBatch): TakenFolder[] {
  return batch.request.ops.flatMap((op) => {
    const { kind, opId, nodeId } = op;
    const rights = batch.rights.get(nodeId);
    const folder = rights ? rights.isFolder && rights : findUnmade(op, batch);
    const isTaken = kind === 'trash' || kind === 'move' || kind === 'restore';
    if (!isTaken || !folder || folder.ownerUserId === batch.principal.userId) return [];
    return [{ opId, nodeId, atom: NEEDED[kind] }];
  });
}

/** What is moved and not there yet may be a folder that an earlier batch of the group makes: it counts as its new place. */
function findUnmade(op: BatchOp, { rights }: AskedBatch): NodeAccess | undefined {
  return op.kind === 'move' ? rights.get(op.parentId) : undefined;
}

async function lookBelowOf(
  manager: EntityManager,
  access: AccessService,
  { principal, spaceId }: Batch,
  taken: readonly TakenFolder[] = [],
): Promise<Below> {
  if (taken.length === 0) return NOTHING_BELOW;
  const parts = await access.findParts(manager, toSubject(principal), spaceId);
  if (!parts) return NOTHING_BELOW;
  const needed = taken.flatMap(({ atom }) => atom ?? []);
  const found = parts.barriersTo([...new Set([...needed, ...SEEING])], { throughBin: false });
  const barriers = taken.flatMap(({ opId, nodeId, atom }): [string, NodeId | null][] => {
    const barrier = atom && found.get(atom)?.get(nodeId);
    return barrier === undefined ? [] : [[opId, barrier]];
  });
  const unread = taken.flatMap(({ nodeId }) => SEEING.flatMap((atom) => found.get(atom)?.get(nodeId) ?? []));
  const toldIds = [...new Set([...barriers.flatMap(([, id]) => id ?? []), ...unread])];
  return { barriers: new Map(barriers), parts, toldIds };
}
