/** A run of bytes, or the pieces of one as they arrive. */
export type ByteSource = AsyncIterable<Uint8Array> | Iterable<Uint8Array>;
export type StoredBlob = { readonly key: string; readonly sizeBytes: number };

/**
 * Immutable objects under keys that the server makes. Every adapter passes `testing/blob-store-contract.ts`.
 * Keys are lower-case letters, digits and `-` in segments parted by `/`; never built from names that people choose.
 */
export abstract class BlobStore {
  /**
   * Stores all of `source` and answers its size. When it returns, the object survives a power cut; when it throws, also
   * because the source threw, nothing of it remains. Reads the source no faster than it writes. Each key is put once.
   */
  abstract put(key: string, source: ByteSource): Promise<number>;

  /** The bytes from `startByte` on, in pieces of at most 1 MiB. Throws BlobMissingError when object or range is not there. */
  abstract read(key: string, startByte: number, lengthBytes: number): AsyncIterable<Uint8Array>;

  abstract exists(key: string): Promise<boolean>;

  /** Removing what is not there is no error. */
  abstract delete(key: string): Promise<void>;

  /**
   * Every finished object whose key starts with `prefix`, in an order that stays the same; ones put or deleted meanwhile may be
   * left out. `after`: those behind this key, whether or not it is still there.
   */
  abstract list(prefix: string, after?: string): AsyncIterable<StoredBlob>;

  /** Gives back what the adapter holds of this machine; nothing is asked of it afterwards. */
  close(): Promise<void> {
    return Promise.resolve();
  }
}

/** The database knows bytes that the store does not hold: damage, never a client's fault. */
export class BlobMissingError extends Error {
  constructor(key: string, cause?: unknown) {
    super(`blob ${key} or the asked part of it is missing`, { cause });
    this.name = 'BlobMissingError';
  }
}

const KEY_SHAPE = /^[a-z0-9-]+(\/[a-z0-9-]+)*$/;

export function requireBlobKey(key: string): string {
  if (!KEY_SHAPE.test(key)) throw new Error(`not a blob key: ${key}`);
  return key;
}
