import type { ChunkRef, NodeKind } from '@tideline/contracts';

/** Identifies a node of one task in base for as long as the task lives; positive, chosen by us, never reused. */
export type BaseId = number;
/** The task's root folder: always in base, its name is empty, its parent is itself. */
export const ROOT_ID: BaseId = 1;
/** A `BaseId`, or a negative number for a local entry that base does not know (yet). */
export type LocalKey = number;
/** Id of a node in the drive (a UUID). */
export type CloudId = string;

/**
 * What the file system says about an entry without reading it. Equal signatures mean "not touched".
 * Identity for moves is (volume, fileId, birthNs): the file id alone is reused at once after a delete.
 */
export type StatSig = {
  readonly volume: string;
  readonly fileId: bigint;
  readonly birthNs: bigint;
  /** 0 for folders. */
  readonly size: number;
  /** 0 for folders: their times change with every entry and mean nothing here. */
  readonly mtimeNs: bigint;
  readonly ctimeNs: bigint;
  /** Number of hard links; above 1 the entry never takes part in move detection. */
  readonly links: number;
};

/** The time of change of a signature that equals nothing the disk says: whatever is known under it is read again at the next look. */
export const RACY_CTIME = -1n;

/** `chunks` is kept for files of more than one chunk only; for the others the content id is the only chunk's hash. */
export type Content = { readonly contentId: string; readonly size: number; readonly chunks?: readonly ChunkRef[] };

/** Metadata that travels without making a version (BI-6). */
export type FileMeta = { readonly mtimeMs: number; readonly exec: boolean };

export type LocalNode = {
  readonly parent: LocalKey;
  readonly name: string;
  readonly kind: NodeKind;
  readonly sig: StatSig;
  /** `null` for folders. */
  readonly content: Content | null;
  readonly meta: FileMeta;
};

export type CloudNode = {
  readonly id: CloudId;
  readonly parentId: CloudId;
  readonly name: string;
  readonly kind: NodeKind;
  readonly rev: number;
  readonly seq: number;
  /** `null` for folders. */
  readonly contentId: string | null;
  readonly size: number | null;
  readonly meta: FileMeta;
};

/**
 * The last state known equal on both sides. `localName` and `cloudName` differ only where this device had to map a name (BI-8).
 * `detached` (upload mode): the link to the cloud item is kept for its name only; the local file is gone or the cloud item was
 * moved away; nothing is deleted on either side because of it.
 */
export type BaseNode = {
  readonly id: BaseId;
  readonly parent: BaseId;
  readonly localName: string;
  readonly cloudName: string;
  readonly kind: NodeKind;
  readonly cloudId: CloudId;
  readonly rev: number;
  readonly contentId: string | null;
  readonly size: number | null;
  readonly meta: FileMeta;
  readonly sig: StatSig | null;
  readonly state: 'managed' | 'detached';
};

/** Why something could not be observed. Never a reason to delete. */
export type UnknownReason = 'io' | 'denied' | 'notListed' | 'revoked' | 'tooLong' | 'busy' | 'unsupported';

/**
 * What was seen of a node on one side since base. Absence is proven: the parent folder was listed to its end without an error
 * in the same scan, or the change feed delivered a tombstone, or a complete listing lacks it.
 */
export type Observation<T> =
  | { readonly t: 'present'; readonly node: T }
  | { readonly t: 'absent' }
  | { readonly t: 'unknown'; readonly why: UnknownReason };

/** `sinceMs`: when this was first seen (clock of the device); deletes settle before they run (GU-1). */
export type Observed<T> = Observation<T> & { readonly sinceMs: number };

/** Local nodes that differ from base. Everything not in here is equal to base. */
export type LocalOverlay = ReadonlyMap<LocalKey, Observed<LocalNode>>;
/** Cloud nodes that differ from base. Everything not in here is equal to base. */
export type CloudOverlay = ReadonlyMap<CloudId, Observed<CloudNode>>;

/** Base, read folder by folder; a million rows are never held as objects. All reads are synchronous and consistent in a cycle. */
export type BaseView = {
  get(id: BaseId): BaseNode | undefined;
  byCloudId(id: CloudId): BaseNode | undefined;
  /** Direct children in no particular order. */
  children(parent: BaseId): readonly BaseNode[];
  childByLocalName(parent: BaseId, localName: string): BaseNode | undefined;
  childByCloudName(parent: BaseId, cloudName: string): BaseNode | undefined;
  /** Number of files that are managed. */
  fileCount(): number;
};

export type ThreeTrees = {
  readonly base: BaseView;
  readonly local: LocalOverlay;
  readonly cloud: CloudOverlay;
  /** Up to here the cloud overlay knows everything; the precondition of deletes of whole folders. */
  readonly cloudSeq?: number | null;
  readonly leftOut?: LeftOut;
};

/** What a filter leaves out is not decided about, but it is somewhere. */
export type LeftOut = {
  /** Known to be in the cloud, each at its place and with its name there. */
  readonly cloud: readonly CloudNode[];
  /**
   * Nodes of base that have no claim to the names that base has for them: in the cloud, because they are known to be gone from there
   * or are in `cloud`; here, because the disk itself refuses a name that is taken, and the person is told.
   */
  readonly nameless: { readonly local: ReadonlySet<BaseId>; readonly cloud: ReadonlySet<BaseId> };
};
