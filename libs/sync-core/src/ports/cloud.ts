import type {
  BatchAnswer,
  BatchOp,
  BatchOutcome,
  CapsAnswer,
  ChangesAnswer,
  ChunkRef,
  DriveNode,
} from '@tideline/contracts';

export type BundleItem =
  | { readonly t: 'bytes'; readonly nodeId: string; readonly contentId: string; readonly bytes: Uint8Array }
  | { readonly t: 'unavailable'; readonly nodeId: string; readonly code: string };

/** Room for one file. `key` (a UUID) is the same for every try of one upload: asking again replaces what was asked before. */
export type Room = { readonly key: string; readonly bytes: number };

/** A content of a file that is, or may be, one of its versions. */
export type FileVersion = { readonly nodeId: string; readonly contentId: string };

export type CloudListing = {
  /** Can be gone through more than once; there may be far more than fit memory. */
  readonly nodes: Iterable<DriveNode>;
  readonly cursor: string;
  readonly seq: number;
  readonly epoch: string;
  readonly capsRev: number;
};

/**
 * The drive as one task sees it: everything below its cloud folder. Transient failures are tried again inside; what comes out
 * is an `AppError` whose code the engine branches on. Commits are idempotent by `opId`.
 */
export type Cloud = {
  readonly rootId: string;
  /** One page of the change feed. Throws CURSOR_EXPIRED or CURSOR_INVALID when a full listing is needed. */
  changes(cursor: string, signal: AbortSignal): Promise<ChangesAnswer>;
  /** A consistent listing below `root`, complete and checked against its count and digest before it is answered. */
  listing(root: string, signal: AbortSignal): Promise<CloudListing>;
  commit(request: {
    atomic: boolean;
    ops: readonly BatchOp[];
    inline: readonly { chunk: ChunkRef; bytes: Uint8Array }[];
  }): Promise<BatchAnswer>;
  /** After a crash or a lost answer: what became of these operations. Those the server never saw are left out. */
  answers(opIds: readonly string[]): Promise<readonly BatchOutcome[]>;
  /**
   * Which of them the drive lacks. Throws QUOTA_EXCEEDED when the rooms are not there all together; otherwise they are kept (VE-3)
   * while packs that name them arrive, until the commit that names them.
   */
  missing(chunks: readonly ChunkRef[], ...rooms: readonly Room[]): Promise<ReadonlySet<string>>;
  /** Throws QUOTA_EXCEEDED where a space with a quota keeps no room for what it lacks of them under this key, and has no more. */
  putPack(chunks: readonly { chunk: ChunkRef; bytes: Uint8Array }[], roomKey?: string): Promise<void>;
  /** Bytes may come in `into`, one file behind the other as far as they fit; nothing is written there after the answer. */
  bundle(
    nodes: readonly { nodeId: string; contentId: string }[],
    signal: AbortSignal,
    into?: Uint8Array,
  ): Promise<readonly BundleItem[]>;
  /** Chunks of the head version of a file. */
  manifest(nodeId: string): Promise<{ readonly contentId: string; readonly chunks: readonly ChunkRef[] }>;
  /** Those of the asked contents that the drive still keeps as versions of their files, the newest one included. */
  keptVersions(asked: readonly FileVersion[]): Promise<readonly FileVersion[]>;
  /** Bytes [from, to) of the content with this id, verified by the caller. Ends early when the drive holds another one by now. */
  content(
    nodeId: string,
    range: { contentId: string; from: number; to: number },
    signal: AbortSignal,
  ): AsyncIterable<Uint8Array>;
  digest(root: string): Promise<{ readonly count: number; readonly digest: string; readonly seq: number }>;
  caps(): Promise<CapsAnswer>;
};
