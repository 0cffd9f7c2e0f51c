import type { NodeId, Space, SpaceId } from '@tideline/contracts';
import type { MemberPrincipal } from './principal.ts';

/** Which spaces somebody sees, and what a folder is called to them. The drive answers. */
export abstract class SpaceSight {
  abstract listSpaces(principal: MemberPrincipal): Promise<Space[]>;
  /** Spaces of which the caller sees something: those above, and those of received shares. */
  abstract listWatchable(principal: MemberPrincipal): Promise<SpaceId[]>;
  /** Path below the root of the space, or of what is shared of it, `/` for that itself; `undefined` for a node that is gone. */
  abstract findFolderPath(principal: MemberPrincipal, nodeId: NodeId): Promise<string | undefined>;
  /** Space and cloud path of a folder, as the caller would write it. */
  abstract findCloudPath(
    principal: MemberPrincipal,
    nodeId: NodeId,
  ): Promise<{ readonly spaceId: SpaceId; readonly text: string } | undefined>;
}
