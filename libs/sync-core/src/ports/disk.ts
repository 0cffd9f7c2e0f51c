import type { ChunkRef } from '@tideline/contracts';
import type { FileMeta, StatSig } from '../model/tree.ts';
import type { FileVersion } from './cloud.ts';

/** Path below the task's root with `/` between names; empty for the root. Made by the engine from names, never from input. */
export type RelativePath = string;

/** The file is not what the plan expected any more: observe again and decide anew. Nothing was changed. */
export type Changed = { readonly t: 'changed' };
/** The disk refused. `code` is the system's (EACCES, ENOSPC, EBUSY …). Nothing was changed. */
export type DiskRefused = { readonly t: 'refused'; readonly code: string };
export type DiskResult<T> = ({ readonly t: 'done' } & T) | Changed | DiskRefused;

/**
 * The folder that something is put into, or that goes, as it was seen; `changed` when another one stands at its path by now (SY-40). Null for the
 * root, and left out where any folder at the path will do.
 */
export type Into = StatSig | null;

/** What is moved, as it was seen, and the folder it is put into. */
export type Moving = { readonly expect: StatSig; readonly into?: Into };

export type PlaceRequest = {
  readonly opId: string;
  readonly path: RelativePath;
  /** What stands there now and is to be replaced; null: the name must be free. */
  readonly replaces: StatSig | null;
  /** Whose content that is, as far as it is known: only with these bytes it may be given up when its grace is over. */
  readonly replaced?: FileVersion;
  readonly into?: Into;
  readonly meta: FileMeta;
  /** The whole content of a small file, or a file staged before with `stage`. Both verified against the content id already. */
  readonly from: { readonly bytes: Uint8Array } | { readonly staged: string };
};

/**
 * The disk below one root, as the engine changes it. Every write has a precondition: what is replaced, moved or removed is
 * moved aside first, verified to be what was expected, kept for late writers, and put back when it is something else.
 * Nothing is ever overwritten. Durable before it answers: data, then rename, then folder.
 */
export type Disk = {
  /** Reads a whole small file; `changed` unless its signature is `expect` before and after. */
  read(path: RelativePath, expect: StatSig): Promise<DiskResult<{ bytes: Uint8Array }>>;
  /** Reads one chunk, or any other part, of a large file at `offset`: to the beginning of `into`, where one is given. */
  readChunk(
    path: RelativePath,
    expect: StatSig,
    part: { offset: number; chunk: Pick<ChunkRef, 'size'>; into?: Uint8Array },
  ): Promise<DiskResult<{ bytes: Uint8Array }>>;
  /** Chunks of a large file, in order, cut by content; also tells the content id. */
  manifest(
    path: RelativePath,
    expect: StatSig,
  ): Promise<DiskResult<{ contentId: string; chunks: readonly ChunkRef[] }>>;
  /** Puts files in place, many at once; answers in the order of the requests. */
  place(requests: readonly PlaceRequest[]): Promise<readonly DiskResult<{ sig: StatSig }>[]>;
  /** Begins a large download, or goes on with what an earlier try at the same content left. */
  stage(file: LargeFile): Promise<StagedFile>;
  makeFolder(path: RelativePath, into?: Into): Promise<DiskResult<{ sig: StatSig }>>;
  /** `to` must be free (a change of case alone is allowed). */
  move(from: RelativePath, to: RelativePath, moving: Moving): Promise<DiskResult<{ sig: StatSig }>>;
  /** Moves a node out of sight under the root for a cycle of renames; `unstage` brings it to its place. */
  moveToStaging(opId: string, from: RelativePath, expect: StatSig): Promise<DiskResult<object>>;
  unstage(opId: string, to: RelativePath, into?: Into): Promise<DiskResult<{ sig: StatSig }>>;
  setMeta(path: RelativePath, expect: StatSig, meta: FileMeta): Promise<DiskResult<{ sig: StatSig }>>;
  /** A file to the OS trash (BI-3), if it still is `expect`. */
  trashFile(opId: string, path: RelativePath, expect: StatSig): Promise<DiskResult<object>>;
  /** An empty folder (deletable leftovers such as .DS_Store aside) away; `changed` when anything else is in it, or it is another one. */
  removeFolder(path: RelativePath, expect?: Into): Promise<DiskResult<object>>;
  freeBytes(): Promise<{ freeBytes: number; totalBytes: number }>;
  /**
   * Displaced files whose grace is over: purged, or reported when somebody kept writing to them (R08). `only`: those that hold one of
   * these; the others wait.
   */
  settleDisplaced(
    nowMs: number,
    only?: readonly FileVersion[],
  ): Promise<readonly { readonly rescuedTo: RelativePath }[]>;
  /** What displaced files hold, as far as that is known; for whoever asks the drive whether it still has it. */
  displaced(): Promise<readonly FileVersion[]>;
  /** Brings displaced files into sight, all but those that are one of these; answers where they are. */
  surfaceDisplaced(kept: readonly FileVersion[]): Promise<readonly RelativePath[]>;
  /** After a crash: finishes or rolls back what staging holds; nothing is deleted, unknown files are rescued. */
  recover(unfinishedOpIds: ReadonlySet<string>): Promise<readonly RelativePath[]>;
};

export type LargeFile = { readonly opId: string; readonly contentId: string; readonly size: number };

/** One chunk at its place in a file. */
export type FilePart = { readonly offset: number; readonly chunk: ChunkRef };
/** A file here that may hold parts of another: at `from`, or where the other has them. */
export type ReusedPart = FilePart & { readonly from?: number };
export type LocalSource = { readonly path: RelativePath; readonly expect: StatSig };

/** Nobody but us changes what is in staging. */
export type Staged<T> = ({ readonly t: 'done' } & T) | DiskRefused;

/** A download that grows in staging, in any order of its parts. One of `finish`, `leave` and `discard` ends it. */
export type StagedFile = {
  /** By which it is placed, once finished. */
  readonly name: string;
  /**
   * Answers the parts that are missing still. The others stand in the staged file, proven by their hashes: an earlier try left
   * them there, or they were copied out of `source`.
   */
  reuse(parts: readonly ReusedPart[], source: LocalSource | null): Promise<Staged<{ missing: readonly FilePart[] }>>;
  /** One whole chunk, verified by the caller. */
  write(offset: number, bytes: Uint8Array): Promise<Staged<object>>;
  /** All parts are there: makes them durable. */
  finish(): Promise<Staged<object>>;
  /** Keeps what is there for a later try at the same content. */
  leave(): Promise<void>;
  discard(): Promise<void>;
};

export type RootState =
  | { readonly t: 'ok'; readonly identity: string }
  | { readonly t: 'missing' }
  | { readonly t: 'unreadable'; readonly code: string };
