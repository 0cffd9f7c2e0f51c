import type { SyncMode } from '@tideline/contracts';
import type { CloudId } from './tree.ts';

/** Everything besides the trees that a decision may depend on. */
export type SyncPolicy = {
  readonly mode: SyncMode;
  /** UP-4: upload mode sends local deletes to the recycle bin. */
  readonly propagateDeletes: boolean;
  /** BI-4: what becomes of the local content when both sides were edited. */
  readonly conflict: 'copy' | 'version';
  /** FI: no full sync has been completed yet; nothing is deleted and a same-named file becomes a new version. */
  readonly firstSync: boolean;
  /** FI-4: state was lost or the server was restored: nothing is deleted, differences become conflict copies. */
  readonly recovery: boolean;
  /** Recovery: whether the drive still keeps this content as a version of the node. Left out where nobody was asked. */
  readonly isKept?: IsKept;
  /** Goes into the names of conflict copies, already cleaned for file names. */
  readonly deviceName: string;
  /** Label of the present moment for conflict copies, `YYYY-MM-DD HHmm`; never compared. */
  readonly nowLabel: string;
  readonly nowMs: number;
  /** Names this device cannot hold or tell apart; decides about mapping (BI-8). */
  readonly names: NameRules;
};

export type IsKept = (node: CloudId, contentId: string) => boolean;

export type NameRules = {
  readonly caseSensitive: boolean;
  /** Windows: reserved names, trailing dots and spaces, `<>:"|?*\`. */
  readonly windows: boolean;
  readonly maxNameBytes: number;
  /** LI-3: UTF-16 units a path below the root may have; left out where there is no such limit. */
  readonly maxPathUnits?: number;
};

export const LINUX_NAMES: NameRules = { caseSensitive: true, windows: false, maxNameBytes: 255 };
