import { Injectable } from '@nestjs/common';
import { AppError, type ChunkHash, type ChunkRef, type SpaceId } from '@tideline/contracts';
import type { EntityManager } from 'typeorm';
import { findUploaded, listReferrers, listReferringFolders, lock, type Referrer } from '../blobs/chunk.store.ts';
import { AccessService } from '../grants/access.service.ts';
import type { MemberPrincipal } from '../platform/principal.ts';
import { actorIdOf } from './author.ts';
import type { Batch, Group } from './batch.ts';

/**
 * How many versions of each chunk are looked at when none of the first few can be read: each look costs what it finds, and most
 * chunks have few. What nobody finds within the last one is sent again, which costs its bytes and nothing else.
 */
const WIDER_LOOKS = [50, 500, 5000, 50_000];
/** Versions of all chunks that one look reads: about a second of the database. */
const MAX_LOOKED_AT = 100_000;

/**
 * Who may use a hash: whoever sent the chunk in the last seven days, and whoever may download a version that holds it.
 * Knowing a hash is no proof of holding its bytes; without this rule a manifest could be used to read other people's files.
 */
@Injectable()
export class UsableChunks {
  constructor(private readonly access: AccessService) {}

  async find(
    manager: EntityManager,
    principal: MemberPrincipal,
    where: { readonly spaceId: SpaceId; readonly chunks: readonly ChunkRef[] },
  ): Promise<Set<string>> {
    const { enterpriseId } = principal;
    const usable = await findUploaded(manager, { enterpriseId, actorId: actorIdOf(principal) }, where.chunks);
    const others = where.chunks.filter((chunk) => !usable.has(chunk.hash));
    if (others.length === 0) return usable;
    const near = await listReferrers(manager, { enterpriseId, spaceId: where.spaceId }, others);
    let open = await this.#settle(manager, principal, near, usable);
    for (const limit of WIDER_LOOKS) {
      if (open.length === 0) break;
      const asked = { hashes: open.slice(0, Math.floor(MAX_LOOKED_AT / limit)), limit };
      open = await this.#settle(manager, principal, await listReferringFolders(manager, enterpriseId, asked), usable);
    }
    return usable;
  }

  /** Adds chunks of which the caller may download one of the referrers; answers those that may have one further on. */
  async #settle(
    manager: EntityManager,
    principal: MemberPrincipal,
    referrers: readonly Referrer[],
    usable: Set<string>,
  ): Promise<string[]> {
    const nodeIds = [...new Set(referrers.map((referrer) => referrer.nodeId))];
    const access = await this.access.resolve(manager, principal, nodeIds);
    const readable = new Set(
      [...access].filter(([, rights]) => rights.atoms.has('download')).map(([id]) => String(id)),
    );
    for (const { hash, nodeId } of referrers) if (readable.has(nodeId)) usable.add(hash);
    const cut = referrers.filter(({ hash, isCut }) => isCut && !usable.has(hash)).map(({ hash }) => hash);
    return [...new Set(cut)];
  }

  /**
   * Per batch, by operation: chunks that are not here, or that the caller may not use; to the caller both are simply missing. All
   * others are held against the sweeper until the transaction ends.
   */
  async findUnusable(manager: EntityManager, group: Group): Promise<Map<string, ChunkHash[]>[]> {
    const { enterpriseId } = group[0].principal;
    const allowed: Set<string>[] = [];
    for (const batch of group) allowed.push(await this.#findAllowed(manager, batch));
    const packed = new Set<string>(group.flatMap(({ pack }) => pack.packed.map((chunk) => chunk.hash)));
    const older = allowed.reduce((all, hashes) => all.union(hashes), new Set<string>()).difference(packed);
    const held = packed.union(await lock(manager, enterpriseId, [...older]));
    return group.map((batch, index) => listUnusable(batch, held.intersection(allowed[index] ?? new Set())));
  }

  /** What the batch proves or names and the caller may use, be it here or not. */
  async #findAllowed(manager: EntityManager, batch: Batch): Promise<Set<string>> {
    const { principal, spaceId, pack, vouched = new Set<string>() } = batch;
    const chunks = chunksOf(batch);
    const proven = new Set<string>(pack.proven.map((chunk) => chunk.hash));
    const known = chunks.filter((chunk) => proven.has(chunk.hash) || vouched.has(chunk.hash));
    const allowed = new Set<string>(known.map((chunk) => chunk.hash));
    const named = chunks.filter((chunk) => !allowed.has(chunk.hash));
    if (named.length === 0) return allowed;
    return allowed.union(await this.find(manager, principal, { spaceId, chunks: named }));
  }
}

/** All that a batch sends or names. Throws INVALID_INPUT when it tells two sizes of one chunk. */
export function chunksOf({ request, pack }: Pick<Batch, 'request' | 'pack'>): ChunkRef[] {
  return distinctChunks([...pack.proven, ...request.ops.flatMap((op) => ('content' in op ? op.content.chunks : []))]);
}

function listUnusable({ request }: Batch, usable: ReadonlySet<string>): Map<string, ChunkHash[]> {
  const lacking = request.ops.flatMap((op): [string, ChunkHash[]][] => {
    if (!('content' in op)) return [];
    const missing = op.content.chunks.map((chunk) => chunk.hash).filter((hash) => !usable.has(hash));
    return missing.length > 0 ? [[op.opId, [...new Set(missing)]]] : [];
  });
  return new Map(lacking);
}

/** Each chunk once. A hash told with two sizes cannot be true. */
export function distinctChunks(chunks: Iterable<ChunkRef>): ChunkRef[] {
  const byHash = new Map<ChunkHash, ChunkRef>();
  for (const chunk of chunks) {
    const known = byHash.get(chunk.hash);
    if (known && known.size !== chunk.size)
      throw new AppError('INVALID_INPUT', { reason: `two sizes for ${chunk.hash}` });
    byHash.set(chunk.hash, chunk);
  }
  return [...byHash.values()];
}
