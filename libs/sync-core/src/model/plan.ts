import type { HoldKind, ProblemCode } from '@tideline/contracts';
import type { BaseId, BaseNode, CloudId, CloudNode, Content, FileMeta, LocalKey, StatSig } from './tree.ts';

/** A folder of the target tree, as an operation names it: its base id, given out in advance for folders still to be made. */
export type FolderRef = BaseId;

export type Ordered = {
  /**
   * Operations of the same plan that must have been done first (they free a name, empty a folder, make a parent). When one of
   * them fails or is held, this one must not run. The order of a plan's lists always satisfies it.
   */
  readonly after?: readonly string[];
  /**
   * Operations of one group stand or fall together. In the cloud they exchange places and go in one atomic request; on the disk
   * they are the two halves of a move by way of staging.
   */
  readonly atomicGroup?: number;
};

/**
 * Operations on the cloud, in an order in which they may run one after another. New nodes carry the id they will have, so that
 * later operations can name them. `opId` is the idempotency key; `key` is the local overlay entry the operation settles.
 */
export type CloudOp = Ordered & CloudOpKind;
type CloudOpKind =
  | {
      readonly op: 'cloudCreateFolder';
      readonly opId: string;
      readonly id: BaseId;
      readonly key: LocalKey;
      readonly cloudId: CloudId;
      readonly parentCloudId: CloudId;
      readonly parent: FolderRef;
      readonly name: string;
      /** The name on this device; differs from `name` only where names are mapped (BI-8). */
      readonly localName: string;
    }
  | {
      /** New file, or new version of an existing one. `ifMatch` null: on top of whatever the head is. */
      readonly op: 'cloudUpload';
      readonly opId: string;
      readonly id: BaseId;
      readonly key: LocalKey;
      readonly cloudId: CloudId;
      readonly target:
        | {
            readonly t: 'create';
            readonly parent: FolderRef;
            readonly parentCloudId: CloudId;
            readonly name: string;
            /** The name on this device; differs from `name` only where names are mapped (BI-8). */
            readonly localName: string;
          }
        | { readonly t: 'version'; readonly ifMatch: number | null };
      /** What the file must still look like when it is read. */
      readonly expect: StatSig;
      readonly content: Content;
      readonly meta: FileMeta;
    }
  | {
      readonly op: 'cloudMove';
      readonly opId: string;
      readonly id: BaseId;
      readonly key: LocalKey;
      readonly cloudId: CloudId;
      readonly ifMatch: number;
      readonly parent: FolderRef;
      readonly parentCloudId: CloudId;
      readonly name: string;
      /** The name the node has, or will have, on this device. */
      readonly localName: string;
    }
  | {
      readonly op: 'cloudSetMeta';
      readonly opId: string;
      readonly id: BaseId;
      readonly key: LocalKey;
      readonly cloudId: CloudId;
      readonly ifMatch: number;
      readonly meta: FileMeta;
      readonly sig: StatSig;
    }
  | {
      readonly op: 'cloudTrash';
      readonly opId: string;
      /** Every base node that goes with it, the node itself first. */
      readonly ids: readonly BaseId[];
      readonly id: BaseId;
      readonly cloudId: CloudId;
      readonly ifMatch: number;
      /** For folders: refused when anything below changed after this seq. */
      readonly ifSubtreeSeq: number | null;
      readonly sinceMs: number;
    };

/** Operations on the disk, in an order in which they may run one after another. Paths are resolved when an operation runs. */
export type LocalOp = Ordered & LocalOpKind;
type LocalOpKind =
  | {
      readonly op: 'localMakeFolder';
      readonly opId: string;
      readonly id: BaseId;
      readonly cloud: CloudNode;
      readonly parent: FolderRef;
      readonly name: string;
    }
  | {
      readonly op: 'localDownload';
      readonly opId: string;
      readonly id: BaseId;
      readonly cloud: CloudNode;
      readonly parent: FolderRef;
      readonly name: string;
      /** The name the node has, or will have, in the cloud. */
      readonly cloudName: string;
      /** The file it replaces, verified after it was moved aside; null: the name must be free. */
      readonly replaces: StatSig | null;
    }
  | {
      /** To another place, or to a staging name in a cycle of renames (`staged`). */
      readonly op: 'localMove';
      readonly opId: string;
      readonly id: BaseId;
      readonly key: LocalKey;
      readonly expect: StatSig;
      readonly parent: FolderRef;
      readonly name: string;
      /** The name the node has, or will have, in the cloud. */
      readonly cloudName: string;
      readonly staged: boolean;
    }
  | {
      /**
       * Gives the local content a name of its own (conflict copy, or a file that yields to a folder), which frees its old name.
       * From then on it is a new local file, without a link to the cloud node.
       */
      readonly op: 'localSetAside';
      readonly opId: string;
      readonly key: LocalKey;
      readonly expect: StatSig;
      readonly parent: FolderRef;
      readonly name: string;
      /** The node whose content it competes with; the record links both. */
      readonly original: CloudId | null;
      readonly why: 'conflict' | 'yield';
    }
  | {
      readonly op: 'localSetMeta';
      readonly opId: string;
      readonly id: BaseId;
      readonly expect: StatSig;
      readonly cloud: CloudNode;
    }
  | {
      readonly op: 'localTrash';
      readonly opId: string;
      readonly id: BaseId;
      readonly kind: BaseNode['kind'];
      /** Every base node that goes with it, the node itself first, folders before what they hold. */
      readonly ids: readonly BaseId[];
      readonly sinceMs: number;
    };

/** Changes of base alone: both sides were seen equal. `row` replaces or inserts; `key` and `cloudId` lose their overlay entries. */
export type BaseOp =
  | {
      readonly op: 'link';
      readonly row: BaseNode;
      readonly key: LocalKey;
      readonly cloudId: CloudId;
      /** Where the row is an older state of the node: what the cloud has by now, which nobody would know otherwise. */
      readonly head?: CloudNode;
    }
  /** Gone on both sides. `id` 0: never in base, what goes is an entry of the cloud overlay. */
  | { readonly op: 'forget'; readonly id: BaseId; readonly cloudId: CloudId };

export type Op = CloudOp | LocalOp | BaseOp;

/** Why a node got the operations it got: what `explain` prints. `rule` is an id of SPEC.md. */
export type Decision = {
  readonly id: LocalKey;
  readonly cloudId: CloudId | null;
  readonly rule: string;
  readonly note: string;
};

export type PlanProblem = {
  readonly key: LocalKey | null;
  readonly cloudId: CloudId | null;
  readonly code: ProblemCode;
  readonly params: Readonly<Record<string, string | number>>;
};

export type Plan = {
  readonly base: readonly BaseOp[];
  readonly local: readonly LocalOp[];
  readonly cloud: readonly CloudOp[];
  readonly problems: readonly PlanProblem[];
  readonly decisions: readonly Decision[];
  /** Work that has to wait for the outcome of this plan: decide again as soon as it has run. */
  readonly more: boolean;
  /** Something is to get a place that it cannot get now: both sides are not equal, though nothing can be done about it (SA-5). */
  readonly waits: boolean;
};

/**
 * What a guard found: the work on these nodes waits for a person; everything else in the plan goes on. `mass_delete_local` names
 * deletes on the disk (the cloud lost the files), `mass_delete_cloud` deletes in the cloud (the disk lost them).
 */
export type Hold = {
  readonly kind: HoldKind;
  readonly ids: readonly BaseId[];
  readonly files: number;
  /** Mass deletes: what was deleted in the same window before the mass showed, and is in the recycle bin by now. */
  readonly gone?: readonly CloudId[];
};
