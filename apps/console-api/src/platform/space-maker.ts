import type { EnterpriseId, NodeId, SpaceId, SpaceKind, TeamId, UserId } from '@tideline/contracts';
import type { EntityManager } from 'typeorm';

export type NewSpace = {
  readonly enterpriseId: EnterpriseId;
  readonly kind: SpaceKind;
  readonly name: string;
  readonly ownerUserId?: UserId;
  readonly teamId?: TeamId;
  /** Absent: what the enterprise gives to spaces of the kind. */
  readonly quotaBytes?: number;
};

export type CreatedSpace = { readonly spaceId: SpaceId; readonly rootId: NodeId };

/** Gives a new enterprise, team or person its space, in the transaction that creates them. The drive provides it. */
export abstract class SpaceMaker {
  abstract createSpace(manager: EntityManager, space: NewSpace): Promise<CreatedSpace>;
  /** Several of one enterprise at once; answers in the order asked. */
  abstract createSpaces(manager: EntityManager, spaces: readonly NewSpace[]): Promise<CreatedSpace[]>;
}
