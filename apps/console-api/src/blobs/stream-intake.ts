import type { Readable } from 'node:stream';
import { Injectable } from '@nestjs/common';
import type { ChunkRef, EnterpriseId } from '@tideline/contracts';
import type { EntityManager } from 'typeorm';
import { v7 as uuidv7 } from 'uuid';
import { BlobStore } from './blob-store.ts';
import { insertPacks, recordUploads, type ChunkActor, type PackedChunk } from './chunk.store.ts';
import { packKey } from './pack.service.ts';
import { StreamCutter, type StreamPlan } from './stream-cutter.ts';

/** A pack whose bytes are durable and whose rows are not yet written. */
export type StreamedPack = {
  readonly packId: string;
  readonly sizeBytes: number;
  readonly packed: readonly PackedChunk[];
  readonly chunks: readonly ChunkRef[];
};
export type Streamed = {
  readonly packs: AsyncIterable<StreamedPack>;
  readonly receivedHash: () => string;
  readonly hasTooMany: () => Promise<boolean>;
  readonly release: () => Promise<void>;
};

/** Takes in files whose senders cannot cut and hash: the server does both while the bytes go by. */
@Injectable()
export class StreamIntake {
  constructor(private readonly blobs: BlobStore) {}

  /** One durable pack after the other; the next one is read when the consumer comes back for it. */
  receive(enterpriseId: EnterpriseId, body: Readable, plan: StreamPlan): Streamed {
    const pieces = body.iterator({ destroyOnReturn: false })[Symbol.asyncIterator]() as AsyncIterator<Uint8Array>;
    const cutter = new StreamCutter(pieces, plan);
    return {
      packs: this.#packs(enterpriseId, cutter),
      receivedHash: () => cutter.receivedHash(),
      hasTooMany: () => cutter.hasTooMany(),
      release: () => cutter.release(),
    };
  }

  /** Writes the rows, in the caller's transaction. */
  async record(manager: EntityManager, actor: ChunkActor, pack: StreamedPack): Promise<void> {
    await insertPacks(manager, actor.enterpriseId, [pack]);
    await recordUploads(manager, actor.enterpriseId, [{ actorId: actor.actorId, chunks: pack.chunks }]);
  }

  /** Of packs whose rows were never written, by whoever received them and nobody else. */
  async giveUp(enterpriseId: EnterpriseId, packs: readonly StreamedPack[]): Promise<void> {
    for (const { packId } of packs) await this.blobs.delete(packKey(enterpriseId, packId));
  }

  async *#packs(enterpriseId: EnterpriseId, cutter: StreamCutter): AsyncIterable<StreamedPack> {
    while (await cutter.hasMore()) {
      const packId = uuidv7();
      const sizeBytes = await this.blobs.put(packKey(enterpriseId, packId), cutter.packBytes());
      const { packed, chunks } = cutter.takePack();
      if (chunks.length > 0) yield { packId, sizeBytes, packed, chunks };
      else await this.blobs.delete(packKey(enterpriseId, packId)); // the sender went before the first cut
    }
  }
}
