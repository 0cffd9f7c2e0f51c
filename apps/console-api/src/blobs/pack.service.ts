import { createHash, hash } from 'node:crypto';
import { Injectable } from '@nestjs/common';
import { AppError, type ChunkRef, type EnterpriseId } from '@tideline/contracts';
import type { EntityManager } from 'typeorm';
import { v7 as uuidv7 } from 'uuid';
import { BlobStore } from './blob-store.ts';
import { findStored, insertPacks, type PackedChunk } from './chunk.store.ts';
import type { FrameReader } from './frame-reader.ts';

/** Chunks up to this size are verified in one piece; larger ones pass through in the pieces of the network. */
const WHOLE_CHUNK_BYTES = 1024 * 1024;

/** A pack whose bytes are durable and whose rows are not yet written. `packId` absent: every chunk was stored before. */
export type ReceivedPack = {
  readonly packId: string | undefined;
  readonly sizeBytes: number;
  readonly packed: readonly PackedChunk[];
  /** All chunks whose bytes were received and verified, stored before or not. */
  readonly proven: readonly ChunkRef[];
};

/**
 * Takes chunks in: verify each, write the new ones as one immutable pack, flush; rows come after that. A pack whose rows were
 * never written is garbage for the sweeper: removing it here could hit one whose commit succeeded but was not heard of.
 */
@Injectable()
export class PackService {
  constructor(private readonly blobs: BlobStore) {}

  /** Of these chunks, those that need not be stored again when they are received. */
  findStored(manager: EntityManager, enterpriseId: EnterpriseId, refs: readonly ChunkRef[]): Promise<Set<string>> {
    const hashes = refs.map((ref) => ref.hash);
    return hashes.length === 0 ? Promise.resolve(new Set()) : findStored(manager, enterpriseId, hashes);
  }

  /** Reads the bytes of `refs` from the frame. When it throws, no object remains. */
  async receive(
    enterpriseId: EnterpriseId,
    source: { readonly refs: readonly ChunkRef[]; readonly stored: ReadonlySet<string>; readonly frame: FrameReader },
  ): Promise<ReceivedPack> {
    const { refs, stored, frame } = source;
    const intake = new Intake(frame, refs, new Set(stored));
    if (refs.every((ref) => stored.has(ref.hash))) {
      await drain(intake.newBytes());
      return { packId: undefined, sizeBytes: 0, packed: [], proven: refs };
    }
    const packId = uuidv7();
    const sizeBytes = await this.blobs.put(packKey(enterpriseId, packId), intake.newBytes());
    return { packId, sizeBytes, packed: intake.packed, proven: refs };
  }

  /** Writes the rows of received packs, in the caller's transaction. Who sent them is noted apart: see `recordUploads`. */
  async record(manager: EntityManager, enterpriseId: EnterpriseId, packs: readonly ReceivedPack[]): Promise<void> {
    const stored = packs.flatMap(({ packId, sizeBytes, packed }) => (packId ? [{ packId, sizeBytes, packed }] : []));
    await insertPacks(manager, enterpriseId, stored);
  }
}

export function packKey(enterpriseId: string, packId: string): string {
  return `${enterpriseId}/${packId}`;
}

/** Walks the parts of the frame once: verifies all, yields the bytes of those to be stored and remembers their places. */
class Intake {
  readonly packed: PackedChunk[] = [];
  readonly #frame: FrameReader;
  readonly #refs: readonly ChunkRef[];
  readonly #stored: Set<string>;
  #offset = 0;

  constructor(frame: FrameReader, refs: readonly ChunkRef[], stored: Set<string>) {
    this.#frame = frame;
    this.#refs = refs;
    this.#stored = stored;
  }

  async *newBytes(): AsyncIterable<Uint8Array> {
    for (const ref of this.#refs) {
      const isNew = !this.#stored.has(ref.hash);
      this.#stored.add(ref.hash); // a chunk that comes twice is stored once
      if (isNew) this.packed.push({ ...ref, packOffset: this.#offset });
      for await (const piece of this.#verified(ref)) if (isNew) yield piece;
      if (isNew) this.#offset += ref.size;
    }
    await this.#frame.requireEnd();
  }

  async *#verified(ref: ChunkRef): AsyncIterable<Uint8Array> {
    if (ref.size <= WHOLE_CHUNK_BYTES) {
      const bytes = await this.#frame.bytes(ref.size);
      requireHash(ref, hash('sha256', bytes, 'hex'));
      yield bytes;
      return;
    }
    const sha256 = createHash('sha256');
    for await (const piece of this.#frame.take(ref.size)) {
      sha256.update(piece);
      yield piece;
    }
    requireHash(ref, sha256.digest('hex'));
  }
}

function requireHash(ref: ChunkRef, actual: string): void {
  if (actual !== ref.hash) throw new AppError('CHUNK_CORRUPT', {}, { details: { hash: ref.hash } });
}

async function drain(source: AsyncIterable<Uint8Array>): Promise<void> {
  for await (const piece of source) void piece;
}
