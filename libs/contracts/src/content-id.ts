// Apart from the schemas, because worker threads that cut and hash files need nothing else: `@tideline/contracts/content-id`.

/** Files up to this size are one chunk; larger ones are cut by content (FastCDC), see `libs/local-fs/src/hash`. */
export const MAX_SINGLE_CHUNK_BYTES = 8 * 1024 * 1024;
export const MIN_CDC_CHUNK_BYTES = 1024 * 1024;
export const AVG_CDC_CHUNK_BYTES = 4 * 1024 * 1024;
export const MAX_CDC_CHUNK_BYTES = 16 * 1024 * 1024;
/** Changes whenever the cutting rule changes, so that content ids made by different rules are never compared. */
export const CHUNKING_VERSION = 1;
export const MAX_MANIFEST_CHUNKS = 65_536;

/** SHA-256 of no bytes: the content id of every empty file. */
export const EMPTY_CONTENT_ID = 'e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855';

type Chunks = readonly { readonly hash: string; readonly size: number }[];

/**
 * The content id is the hash of the only chunk, or for several chunks SHA-256 over this text.
 * Callers bring their own SHA-256, because this library runs in browsers too.
 */
export function contentIdInput(chunks: Chunks): string {
  return `tideline-manifest ${CHUNKING_VERSION}\n${chunks.map((chunk) => `${chunk.hash} ${chunk.size}\n`).join('')}`;
}

export function contentIdOf(chunks: Chunks, sha256Hex: (text: string) => string): string {
  if (chunks.length === 0) return EMPTY_CONTENT_ID;
  const only = chunks.length === 1 ? chunks[0] : undefined;
  return only ? only.hash : sha256Hex(contentIdInput(chunks));
}
