import { Injectable } from '@nestjs/common';
import { AppError, type ChunkHash, type ChunkRef, type SpaceId } from '@tideline/contracts';
import type { EntityManager } from 'typeorm';
import { findUploaded, listReferrers } from '../blobs/chunk.store.ts';
import { AccessService } from '../grants/access.service.ts';
import type { MemberPrincipal } from '../platform/principal.ts';
import { actorIdOf } from './author.ts';

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
    const referrers = await listReferrers(manager, { enterpriseId, spaceId: where.spaceId }, others);
    const nodeIds = [...new Set(referrers.map((referrer) => referrer.nodeId))];
    const access = await this.access.resolve(manager, principal, nodeIds);
    const readable = new Set(
      [...access].filter(([, rights]) => rights.atoms.has('download')).map(([id]) => String(id)),
    );
    for (const { hash, nodeId } of referrers) if (readable.has(nodeId)) usable.add(hash);
    return usable;
  }
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
