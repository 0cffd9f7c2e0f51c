import { Injectable } from '@nestjs/common';
import type { ChunkRef, EnterpriseId } from '@tideline/contracts';
import { DataSource } from 'typeorm';
import { BlobMissingError, BlobStore } from './blob-store.ts';
import { listPlaces, type ChunkPlace } from './chunk.store.ts';
import { packKey } from './pack.service.ts';

/** Chunks whose places are looked up at once: bounds the memory of a download of any size. */
const CHUNKS_PER_LOOKUP = 1000;

type Run = { packId: string; startByte: number; lengthBytes: number };

/** Reads manifests back into bytes. */
@Injectable()
export class ContentReader {
  constructor(
    private readonly dataSource: DataSource,
    private readonly blobs: BlobStore,
  ) {}

  /** The bytes [start, end) of the chunks in a row, read no faster than they are taken. */
  async *read(
    enterpriseId: EnterpriseId,
    chunks: readonly ChunkRef[],
    range: { readonly start: number; readonly end: number },
  ): AsyncIterable<Uint8Array> {
    let position = 0;
    for (let index = 0; index < chunks.length && position < range.end; index += CHUNKS_PER_LOOKUP) {
      const slice = chunks.slice(index, index + CHUNKS_PER_LOOKUP);
      const sizeBytes = slice.reduce((sum, chunk) => sum + chunk.size, 0);
      if (position + sizeBytes > range.start) {
        const start = Math.max(0, range.start - position);
        yield* this.#readSlice(enterpriseId, slice, { start, end: range.end - position });
      }
      position += sizeBytes;
    }
  }

  /** A place may be older than the object it names, when a download lasts for days: then the chunk has a newer one. */
  async *#readSlice(
    enterpriseId: EnterpriseId,
    chunks: readonly ChunkRef[],
    range: { readonly start: number; readonly end: number },
  ): AsyncIterable<Uint8Array> {
    let { start } = range;
    let places = await this.#findPlaces(enterpriseId, chunks);
    for (;;) {
      try {
        for await (const piece of this.#readRuns(enterpriseId, planRuns(places, { start, end: range.end }))) {
          start += piece.length;
          yield piece;
        }
        return;
      } catch (error) {
        if (!(error instanceof BlobMissingError)) throw error;
        const newer = await this.#findPlaces(enterpriseId, chunks);
        if (!newer.some((place, index) => place.packId !== places[index]?.packId)) throw error;
        places = newer;
      }
    }
  }

  async *#readRuns(enterpriseId: EnterpriseId, runs: readonly Run[]): AsyncIterable<Uint8Array> {
    for (const { packId, startByte, lengthBytes } of runs) {
      const key = packKey(enterpriseId, packId);
      let bytes = 0;
      for await (const piece of this.blobs.read(key, startByte, lengthBytes)) {
        bytes += piece.length;
        if (bytes > lengthBytes) break;
        yield piece;
      }
      // Sent on, it would be an answer shorter than its header says, for whose rest the client waits.
      if (bytes !== lengthBytes) throw new BlobMissingError(key);
    }
  }

  async #findPlaces(enterpriseId: EnterpriseId, chunks: readonly ChunkRef[]): Promise<ChunkPlace[]> {
    const hashes = chunks.map((chunk) => chunk.hash);
    const places = await listPlaces(this.dataSource.manager, enterpriseId, hashes);
    const byHash = new Map(places.map((place) => [place.hash, place]));
    return hashes.map((hash) => {
      const place = byHash.get(hash);
      if (!place) throw new BlobMissingError(`of chunk ${hash}`);
      return place;
    });
  }
}

/** Neighbours in one pack become one read: files committed together come back in a single piece. */
export function planRuns(
  places: readonly ChunkPlace[],
  range: { readonly start: number; readonly end: number },
): readonly Run[] {
  const runs: Run[] = [];
  let position = 0;
  for (const place of places) {
    const skip = Math.max(0, range.start - position);
    const lengthBytes = Math.min(place.size, range.end - position) - skip;
    position += place.size;
    if (lengthBytes > 0) append(runs, { packId: place.packId, startByte: place.packOffset + skip, lengthBytes });
  }
  return runs;
}

function append(runs: Run[], run: Run): void {
  const last = runs.at(-1);
  if (last && last.packId === run.packId && last.startByte + last.lengthBytes === run.startByte) {
    last.lengthBytes += run.lengthBytes;
  } else {
    runs.push(run);
  }
}
