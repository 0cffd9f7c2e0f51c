import {
  AppError,
  MAX_ASKED_VERSIONS,
  routes,
  type BatchOutcome,
  type ChunkRef,
  type DriveNode,
  type KeptVersionsRequest,
  type NodeId,
  type ReservationKey,
  type SpaceId,
} from '@tideline/contracts';
import type { Cloud, FileVersion, Room } from '@tideline/sync-core';
import type { ApiClient } from '../http/api-client.ts';
import { isNotUnderstood } from '../http/parse-answer.ts';
import type { Retry } from '../decorators/retry.ts';
import { DEFAULT_CLOUD_LIMITS, type CloudLimits } from './cloud-limits.ts';
import { readBundle } from './read-bundle.ts';
import { readContent } from './read-content.ts';
import { readListing } from './read-listing.ts';
import { ReceiveMemory } from './receive-memory.ts';
import { slices, sliceBySize } from './slices.ts';

export type CloudOptions = {
  /** Signed in; best wrapped by `withThrottle`. Must not be wrapped by `withRetry`: `retry` covers whole exchanges here. */
  readonly client: ApiClient;
  readonly retry: Retry;
  readonly spaceId: string;
  /** The task's cloud folder. */
  readonly rootId: string;
  /** What made the versions, for their history: a one-way task backs up, a bidirectional one syncs. */
  readonly origin: 'upload' | 'sync';
  readonly sha256Hex: (text: string) => string;
  readonly limits?: Partial<CloudLimits>;
  /** Where the nodes of a listing are put; by default they are kept in memory. */
  readonly newShelf?: () => Shelf;
};

export type Shelf = Iterable<DriveNode> & { put(nodes: readonly DriveNode[]): void };

export type CloudContext = Omit<CloudOptions, 'limits' | 'spaceId'> & {
  readonly params: { readonly spaceId: SpaceId };
  readonly limits: CloudLimits;
};

/** The drive below one cloud folder, as sync-core's port asks for it. Requests beyond a limit of the wire are cut up here. */
export function createCloud(options: CloudOptions): Cloud {
  const context: CloudContext = {
    ...options,
    params: { spaceId: options.spaceId as SpaceId },
    limits: { ...DEFAULT_CLOUD_LIMITS, ...options.limits },
  };
  const { client, retry, params } = context;
  const rootId = options.rootId as NodeId;
  return {
    rootId,
    changes: (cursor, signal) => readChanges(context, cursor, signal),
    listing: (root, signal) => readListing(context, root, signal),
    commit: ({ inline, ...request }) => {
      const chunks = inline.map(({ chunk }) => chunk);
      const body = { origin: context.origin, atomic: request.atomic, ops: [...request.ops], inline: chunks };
      const bytes = inline.map((part) => part.bytes);
      return retry(() => client.sendFrame(routes.drive.batch, { params, body }, bytes, sendTimeout(context)));
    },
    answers: (opIds) => readAnswers(context, opIds),
    missing: (chunks, ...rooms) => readMissing(context, chunks, rooms),
    putPack: async (chunks, roomKey) => {
      const reservation = roomKey as ReservationKey | undefined;
      for (const slice of sliceBySize(chunks, context.limits, ({ chunk }) => chunk.size)) {
        const body = { chunks: slice.map(({ chunk }) => chunk), ...(reservation ? { reservation } : {}) };
        const bytes = slice.map((part) => part.bytes);
        await retry(() => client.sendFrame(routes.drive.putPack, { params, body }, bytes, sendTimeout(context)));
      }
    },
    bundle: (nodes, signal, into) => readBundle(context, { nodes, memory: new ReceiveMemory(into) }, signal),
    manifest: async (nodeId) => {
      const input = { params: { nodeId: nodeId as NodeId }, query: {} };
      const { contentId, chunks } = await retry(() => client.call(routes.drive.manifest, input));
      return { contentId, chunks };
    },
    keptVersions: (asked) => readKeptVersions(context, asked),
    content: (nodeId, range, signal) => readContent(context, { nodeId, ...range }, signal),
    digest: (root) => retry(() => client.call(routes.drive.digest, { params, query: { root: root } })),
    caps: () => retry(() => client.call(routes.drive.caps, { params, query: { root: rootId } })),
  };
}

const sendTimeout = ({ limits }: CloudContext) => ({ timeoutMs: limits.sendTimeoutMs });

/** A page that this version cannot read must not be skipped: the states behind it are then read from a listing. */
async function readChanges(context: CloudContext, cursor: string, signal: AbortSignal) {
  const { client, retry, params, limits } = context;
  const query = { cursor, root: context.rootId as NodeId, limit: limits.feedPageItems };
  try {
    return await retry(() => client.call(routes.drive.changes, { params, query }, { signal }), signal);
  } catch (error) {
    if (!isNotUnderstood(error)) throw error;
    throw new AppError('CURSOR_INVALID', {}, { cause: error, details: { reason: 'a feed page was not understood' } });
  }
}

async function readAnswers(context: CloudContext, opIds: readonly string[]): Promise<readonly BatchOutcome[]> {
  const { client, retry, params } = context;
  const outcomes: BatchOutcome[] = [];
  for (const slice of slices(opIds, context.limits.askItems)) {
    const body = { opIds: [...slice] };
    const answer = await retry(() => client.call(routes.drive.opAnswers, { params, body }));
    outcomes.push(...answer.outcomes);
  }
  return outcomes;
}

async function readKeptVersions(context: CloudContext, asked: readonly FileVersion[]): Promise<readonly FileVersion[]> {
  const { client, retry, params, limits } = context;
  const kept: FileVersion[] = [];
  for (const slice of slices(asked, Math.min(limits.askItems, MAX_ASKED_VERSIONS))) {
    const body = { versions: [...slice] as KeptVersionsRequest['versions'] };
    kept.push(...(await retry(() => client.call(routes.drive.keptVersions, { params, body }))).kept);
  }
  return kept;
}

/** Room is asked for with every slice: asked again, it is kept once. */
async function readMissing(
  context: CloudContext,
  chunks: readonly ChunkRef[],
  rooms: readonly Room[],
): Promise<ReadonlySet<string>> {
  const { client, retry, params } = context;
  const reserve = rooms.map(({ key, bytes }) => ({ key: key as ReservationKey, bytes }));
  const missing = new Set<string>();
  for (const slice of chunks.length === 0 ? [[]] : slices(chunks, context.limits.askItems)) {
    const body = { chunks: [...slice], reserve };
    const answer = await retry(() => client.call(routes.drive.missing, { params, body }));
    for (const hash of answer.missing) missing.add(hash);
  }
  return missing;
}
