import type { ProblemCode } from '@tideline/contracts';
import type { BaseId, BaseNode, LocalKey, LocalNode, Observed, StatSig, UnknownReason } from '@tideline/sync-core';
import type { HashResult } from '../hash/hash-file.ts';
import type { KnownPresent, KnownTree } from './known-tree.ts';

/** What a scan works with; everything that does not change while it runs. */
export type ScanEnv = {
  readonly root: string;
  readonly volume: string;
  readonly rootDev: bigint;
  readonly known: KnownTree;
  readonly nowMs: () => number;
  readonly isExcluded: (path: string, isFolder: boolean) => boolean;
  /** Files of this size are left out, wherever they are; left out itself where any size will do. */
  readonly isTooLarge?: (sizeBytes: number) => boolean;
  readonly hash: (absolutePath: string) => HashResult;
  /** The content of a file that never rests, as of this moment. */
  readonly hashClone: (path: string) => HashResult;
  /** Throws when the scan is to stop. */
  readonly checkAbort: () => void;
  readonly emit: (key: LocalKey, seen: Observed<LocalNode>) => void;
  /** Takes back an entry that was emitted before. */
  readonly withdraw: (key: LocalKey) => void;
};

/** A folder to list. `deep`: its sub-folders too, although they look as they did. */
export type FolderTask = {
  readonly key: LocalKey;
  readonly path: string;
  readonly sig: StatSig;
  /** When it last changed, as seen before it is read. */
  readonly changedNs: bigint;
  readonly deep: boolean;
};

/** One entry as the file system told it. */
export type Entry = {
  readonly folder: FolderTask;
  readonly name: string;
  readonly path: string;
  readonly kind: LocalNode['kind'];
  readonly sig: StatSig;
  /** Of a folder; what a file has is in its signature. */
  readonly changedNs: bigint;
  readonly meta: LocalNode['meta'];
};

/** An entry whose place belonged to another inode: who it is depends on where that one is found, if at all. */
export type Deferred = {
  readonly entry: Entry;
  readonly base: BaseNode | undefined;
  readonly earlier: KnownPresent | undefined;
};

export type Missing = { readonly node: BaseNode; readonly why: 'absent' | UnknownReason };

/** `isYoung`: so shortly before the look that a second change could show the same time. */
export type LastChange = { readonly changedNs: bigint; readonly isYoung: boolean };
/** `sig`: of a new one, and of one that is not the folder that base has at its place. */
export type ReadFolder = LastChange & { readonly sig?: StatSig };

export type ScanSession = {
  readonly env: ScanEnv;
  readonly full: boolean;
  readonly queue: FolderTask[];
  /** Folders of base read to their end. */
  readonly listed: Set<BaseId>;
  /** Folders of base that were tried, read or not. */
  readonly attempted: Set<BaseId>;
  /** Nodes found somewhere else than at their place in base, or decided about after the walk. */
  readonly assigned: Set<LocalKey>;
  /** Where folders are that are not at their place in base. */
  readonly places: Map<LocalKey, string>;
  readonly missing: Missing[];
  /** Folders read to their end, with when they had last changed before that (SY-41). */
  readonly read: Map<LocalKey, ReadFolder>;
  /** New folders that were found, by their ids. */
  readonly newFolders: Map<bigint, LocalKey>;
  /** Missing nodes that came to a place which was read already. */
  readonly arrived: Map<BaseId, string>;
  /** Folders changed on and on while it was to be proven that what is missing is nowhere. */
  isInDoubt: boolean;
  deferred: Deferred[];
  /** Nodes that the last scan saw moved into a folder of this one, until they are found again. */
  readonly unsettled: Map<LocalKey, KnownPresent>;
  /** New files by content, for moves that identity cannot prove; null when there are several of one content. */
  readonly newFiles: Map<string, { readonly key: LocalKey; readonly node: LocalNode } | null>;
  readonly unreadable: { path: string; code: ProblemCode }[];
  /** Bytes of files that were read again although they look as they did. */
  readAgainBytes: number;
  nextKey: LocalKey;
  files: number;
  folders: number;
  skipped: number;
};

export function beginSession(env: ScanEnv, full: boolean): ScanSession {
  return {
    env,
    full,
    queue: [],
    listed: new Set(),
    attempted: new Set(),
    assigned: new Set(),
    places: new Map(),
    missing: [],
    read: new Map(),
    newFolders: new Map(),
    arrived: new Map(),
    isInDoubt: false,
    deferred: [],
    unsettled: new Map(),
    newFiles: new Map(),
    unreadable: [],
    readAgainBytes: 0,
    nextKey: env.known.lowestLocalKey() - 1,
    files: 0,
    folders: 0,
    skipped: 0,
  };
}

export const joinPath = (folder: string, name: string): string => (folder === '' ? name : `${folder}/${name}`);

export const absolutePath = (env: ScanEnv, path: string): string => (path === '' ? env.root : `${env.root}/${path}`);
