import type { BaseId, BaseNode, CloudNode, Content, FileMeta, StatSig } from '../model/tree.ts';

type Linked = {
  readonly id: BaseId;
  readonly parent: BaseId;
  readonly local: {
    readonly name: string;
    readonly content: Content | null;
    readonly meta: FileMeta;
    readonly sig: StatSig | null;
  };
  readonly cloud: CloudNode;
};

/**
 * The line of base for a node that both sides hold at one place with one content. Metadata that still differs stays a difference:
 * base takes that of the disk, and the cloud's comes as a change after it.
 */
export function linkedRow({ id, parent, local, cloud }: Linked): BaseNode {
  return {
    id,
    parent,
    localName: local.name,
    cloudName: cloud.name,
    kind: cloud.kind,
    cloudId: cloud.id,
    rev: cloud.rev,
    contentId: cloud.contentId,
    size: cloud.size,
    meta: cloud.kind === 'folder' ? cloud.meta : local.meta,
    sig: local.sig,
    state: 'managed',
  };
}
