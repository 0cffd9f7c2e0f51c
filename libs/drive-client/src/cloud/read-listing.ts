import {
  addDigestTerms,
  AppError,
  digestTerm,
  formatDigest,
  routes,
  type DriveNode,
  type ListingAnswer,
  type NodeId,
} from '@tideline/contracts';
import type { CloudListing } from '@tideline/sync-core';
import type { CloudContext, Shelf } from './create-cloud.ts';

/** A listing whose snapshot was given up by the server in the middle is begun anew this often. */
const MAX_STARTS = 3;

/**
 * Everything below `root`, or an error: a listing from which one node is missing would read as a delete (G09, G10). It counts
 * as complete when all pages tell of the same moment and count and digest fit.
 */
export async function readListing(context: CloudContext, root: string, signal: AbortSignal): Promise<CloudListing> {
  for (let start = 1; ; start += 1) {
    const listing = await readWhole(context, root, signal);
    if (listing.t === 'complete') return listing.listing;
    if (start === MAX_STARTS) throw new AppError('UNAVAILABLE', {}, { details: { reason: listing.reason, root } });
  }
}

type Read =
  { readonly t: 'complete'; readonly listing: CloudListing } | { readonly t: 'torn'; readonly reason: string };

async function readWhole(context: CloudContext, root: string, signal: AbortSignal): Promise<Read> {
  const told = new ToldNodes(context, root);
  let first: ListingAnswer | undefined;
  let page: string | undefined;
  do {
    const answer = await readPage(context, { root: root as NodeId, page }, signal);
    if (answer === 'expired') return { t: 'torn', reason: 'the listing expired while it was read' };
    first ??= answer;
    if (!isSameMoment(first, answer)) return { t: 'torn', reason: 'the pages tell of different moments' };
    told.take(answer.nodes);
    page = answer.nextPage ?? undefined;
  } while (page !== undefined);
  const misfit = told.findMisfit(first);
  if (misfit !== undefined) return { t: 'torn', reason: misfit };
  const { cursor, seq, epoch, capsRev } = first;
  return { t: 'complete', listing: { nodes: told.nodes, cursor, seq, epoch, capsRev } };
}

async function readPage(
  { client, retry, params, limits }: CloudContext,
  { root, page }: { root: NodeId; page: string | undefined },
  signal: AbortSignal,
): Promise<ListingAnswer | 'expired'> {
  const query = { root, page, limit: limits.listingPageItems };
  try {
    return await retry(() => client.call(routes.drive.listing, { params, query }, { signal }), signal);
  } catch (error) {
    const isExpired = error instanceof AppError && (error.code === 'CURSOR_EXPIRED' || error.code === 'CURSOR_INVALID');
    if (isExpired && page !== undefined) return 'expired';
    throw error;
  }
}

function isSameMoment(first: ListingAnswer, answer: ListingAnswer): boolean {
  return (
    first.seq === answer.seq &&
    first.epoch === answer.epoch &&
    first.count === answer.count &&
    first.digest === answer.digest
  );
}

/** The nodes of a listing as they come, counted and summed. */
class ToldNodes {
  readonly nodes: Shelf;
  readonly #root: string;
  readonly #sha256Hex: (text: string) => string;
  #count = 0;
  #sum = 0n;

  constructor({ newShelf = memoryShelf, sha256Hex }: CloudContext, root: string) {
    this.nodes = newShelf();
    this.#root = root;
    this.#sha256Hex = sha256Hex;
  }

  take(nodes: readonly DriveNode[]): void {
    this.nodes.put(nodes);
    for (const node of nodes) {
      if (node.id === this.#root) continue;
      this.#count += 1;
      this.#sum = addDigestTerms(this.#sum, digestTerm(node, this.#sha256Hex));
    }
  }

  /** Undefined when the nodes are what the server counted and summed. */
  findMisfit({ count, digest }: ListingAnswer): string | undefined {
    if (this.#count !== count) return `${this.#count} of ${count} nodes were listed`;
    return formatDigest(this.#sum) === digest ? undefined : 'the digest does not fit';
  }
}

function memoryShelf(): Shelf {
  const held: DriveNode[] = [];
  return {
    put: (nodes) => {
      for (const node of nodes) held.push(node);
    },
    [Symbol.iterator]: () => held[Symbol.iterator](),
  };
}
