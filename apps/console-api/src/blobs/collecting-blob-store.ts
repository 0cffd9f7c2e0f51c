import { BlobStore, type ByteSource, type StoredBlob } from './blob-store.ts';

/** Tells how many bytes pass through a store, both ways: what carried them can be collected. */
export class CollectingBlobStore extends BlobStore {
  constructor(
    private readonly store: BlobStore,
    private readonly onBytes: (bytes: number) => void,
  ) {
    super();
  }

  put(key: string, source: ByteSource): Promise<number> {
    return this.store.put(key, this.#counted(source));
  }

  read(key: string, startByte: number, lengthBytes: number): AsyncIterable<Uint8Array> {
    return this.#counted(this.store.read(key, startByte, lengthBytes));
  }

  exists(key: string): Promise<boolean> {
    return this.store.exists(key);
  }

  delete(key: string): Promise<void> {
    return this.store.delete(key);
  }

  list(prefix: string, after?: string): AsyncIterable<StoredBlob> {
    return this.store.list(prefix, after);
  }

  override close(): Promise<void> {
    return this.store.close();
  }

  async *#counted(source: ByteSource): AsyncIterable<Uint8Array> {
    for await (const piece of source) {
      yield piece;
      this.onBytes(piece.length);
    }
  }
}
