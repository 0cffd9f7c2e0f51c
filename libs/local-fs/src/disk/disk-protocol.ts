import type { ChunkRef } from '@tideline/contracts';
import type {
  DiskResult,
  FileMeta,
  FilePart,
  FileVersion,
  Into,
  Moving,
  PlaceRequest,
  StatSig,
} from '@tideline/sync-core';
import type { Flush } from './flush.ts';
import type { Placed, Staged, Swap, Swapped } from './place.ts';
import type { ReuseRequest } from './reuse.ts';

/** What the disk worker does; each synchronous there. */
export type DiskWork = {
  readonly manifest: (path: string, expect: StatSig) => DiskResult<{ contentId: string; chunks: readonly ChunkRef[] }>;
  readonly reuse: (request: ReuseRequest) => DiskResult<{ missing: readonly FilePart[] }>;
  readonly place: (requests: readonly PlaceRequest[]) => readonly DiskResult<{ sig: StatSig }>[];
  /** The steps of `place`, for batches that share them. */
  readonly prepare: (requests: readonly PlaceRequest[]) => readonly (Staged | Placed)[];
  readonly swapIn: (swaps: readonly Swap[]) => DiskResult<Swapped>;
  readonly flush: (what: Flush) => readonly string[];
  readonly makeFolder: (path: string, into?: Into) => DiskResult<{ sig: StatSig }>;
  readonly move: (from: string, to: string, moving: Moving) => DiskResult<{ sig: StatSig }>;
  readonly moveToStaging: (opId: string, from: string, expect: StatSig) => DiskResult<object>;
  readonly unstage: (opId: string, to: string, into?: Into) => DiskResult<{ sig: StatSig }>;
  readonly setMeta: (path: string, expect: StatSig, meta: FileMeta) => DiskResult<{ sig: StatSig }>;
  readonly trashFile: (opId: string, path: string, expect: StatSig) => DiskResult<object>;
  readonly removeFolder: (path: string, expect?: Into) => DiskResult<object>;
  readonly settleDisplaced: (nowMs: number, only?: readonly FileVersion[]) => readonly { readonly rescuedTo: string }[];
  readonly displaced: () => readonly FileVersion[];
  readonly surfaceDisplaced: (kept: readonly FileVersion[]) => readonly string[];
  readonly recover: (unfinishedOpIds: ReadonlySet<string>) => readonly string[];
};

export type DiskRoot = { readonly root: string; readonly homeTrash: string };

export type DiskCall = {
  [M in keyof DiskWork]: {
    readonly id: number;
    readonly disk: DiskRoot;
    readonly method: M;
    readonly args: Parameters<DiskWork[M]>;
  };
}[keyof DiskWork];

/** `rescued`: what came back under another name on the way and is not part of the result. */
export type DiskReply = { readonly id: number; readonly rescued: readonly string[] } & (
  { readonly result: unknown } | { readonly error: { readonly message: string; readonly code: string } }
);
