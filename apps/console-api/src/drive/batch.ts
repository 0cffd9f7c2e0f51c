import { createHash } from 'node:crypto';
import {
  contentIdOf,
  type BatchAnswer,
  type BatchOp,
  type BatchRequest,
  type ContentId,
  type DriveNode,
  type Manifest,
  type SpaceId,
} from '@tideline/contracts';
import type { z } from 'zod';
import type { ReceivedPack } from '../blobs/pack.service.ts';
import type { MemberPrincipal } from '../platform/principal.ts';

type Request = Omit<z.output<typeof BatchRequest>, 'origin'> & { readonly origin?: 'upload' | 'sync' };
export type Batch = {
  readonly principal: MemberPrincipal;
  readonly spaceId: SpaceId;
  readonly request: Request;
  readonly pack: ReceivedPack;
  /** Hashes that the server itself names, such as those of a version that is restored: the usable-hash rule is not asked. */
  readonly vouched?: ReadonlySet<string>;
};
export type Committed = BatchAnswer & { readonly changed: number };
/** Batches of one space that are committed together, in this order. */
export type Group = readonly [Batch, ...Batch[]];

/** Nodes that were there before the batch; what it makes has the rights of where it is made. */
export function mentionedNodes(ops: readonly BatchOp[]): string[] {
  const made = new Set(ops.filter((op) => isCreation(op)).map((op) => op.nodeId));
  const named = ops.flatMap((op) => {
    if ('parentId' in op) return [op.nodeId, op.parentId];
    return op.kind === 'restore' && op.to ? [op.nodeId, op.to.parentId] : [op.nodeId];
  });
  return [...new Set(named)].filter((id) => !made.has(id));
}

/** Who has the names that operations want. Rights on them are asked for apart, since no operation names them. */
export function findOccupants(ops: readonly BatchOp[], nodes: readonly DriveNode[]): DriveNode[] {
  const live = nodes.filter((node) => node.trashedAt === null);
  const byPlace = new Map(live.map((node) => [placeName(node), node]));
  const byId = new Map<string, DriveNode>(nodes.map((node) => [node.id, node]));
  return ops.flatMap((op) => {
    const returning = op.kind === 'restore' ? (op.to ?? byId.get(op.nodeId)) : undefined;
    const place = 'parentId' in op ? op : returning;
    const occupant = place && byPlace.get(placeName(place));
    return occupant && occupant.id !== op.nodeId ? [occupant] : [];
  });
}

function placeName({ parentId, name }: Pick<DriveNode, 'parentId' | 'name'>): string {
  return `${parentId ?? ''}/${name}`;
}

/** Of a folder that is to go as it was looked at: the last change below it that was known. */
export function subtreeSeqOf(op: BatchOp): number | undefined {
  return op.kind === 'trash' || op.kind === 'move' ? op.ifSubtreeSeq : undefined;
}

/**
 * Whether the batch depends on what only the database can tell of the state that it meets, far from the nodes it names: what
 * changed below a folder, and what lives on the path that something returns to.
 */
export function asksForFoundState({ request }: Batch): boolean {
  return request.ops.some((op) => subtreeSeqOf(op) !== undefined || (op.kind === 'restore' && !op.to));
}

export function toContentId(chunks: Manifest): ContentId {
  return contentIdOf(chunks, sha256Hex) as ContentId;
}

function isCreation(op: BatchOp): boolean {
  return op.kind === 'createFolder' || op.kind === 'createFile';
}

function sha256Hex(text: string): string {
  return createHash('sha256').update(text).digest('hex');
}
