import type { NodeId, Space } from '@tideline/contracts';
import type { MemberPrincipal } from './principal.ts';

/** Which spaces somebody sees, and what a folder is called to them. The drive answers. */
export abstract class SpaceSight {
  abstract listSpaces(principal: MemberPrincipal): Promise<Space[]>;
  /** Path below the root of the space, `/` for the root itself; `undefined` for a node that is gone. */
  abstract findFolderPath(principal: MemberPrincipal, nodeId: NodeId): Promise<string | undefined>;
}
