import type { NodeKind } from '@tideline/contracts';
import type { BaseNode, CloudId, CloudNode, Content, FileMeta, StatSig } from '../model/tree.ts';

/**
 * One node across the three trees: its base id; for a local entry that base does not know, its (negative) key; for a cloud node
 * that neither base nor the disk knows, a number below `CLOUD_ONLY`.
 */
export type Entity = number;
export const CLOUD_ONLY = -(2 ** 40);
/** The parent of a cloud node whose folder lies outside of what the task can see. */
export const NOWHERE: Entity = 0;

export type Place = { readonly parent: Entity; readonly name: string };

export type LocalState =
  | (Place & {
      readonly t: 'present';
      readonly contentId: string | null;
      readonly content: Content | null;
      readonly meta: FileMeta;
      readonly sig: StatSig | null;
    })
  | { readonly t: 'absent' }
  | { readonly t: 'unknown' };

export type CloudState =
  | (Place & { readonly t: 'present'; readonly contentId: string | null; readonly node: CloudNode })
  | { readonly t: 'absent' }
  | { readonly t: 'unknown' };

/** Everything known of one entity. `row` is its line in base, of whatever state. */
export type Facts = {
  readonly entity: Entity;
  readonly kind: NodeKind;
  readonly row: BaseNode | undefined;
  readonly cloudId: CloudId | null;
  readonly local: LocalState;
  readonly cloud: CloudState;
};
