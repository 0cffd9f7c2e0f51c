import { Injectable } from '@nestjs/common';
import type { NodeId, SpaceId } from '@tideline/contracts';
import type { EntityManager } from 'typeorm';
import { v7 as uuidv7 } from 'uuid';
import { SpaceMaker, type NewSpace } from '../platform/space-maker.ts';
import { insertSpaces } from './space.store.ts';

export type CreatedSpace = { readonly spaceId: SpaceId; readonly rootId: NodeId };

@Injectable()
export class SpaceService extends SpaceMaker {
  /** Makes the space and its root folder, which takes seq 1. In the caller's transaction. */
  override async createSpace(manager: EntityManager, space: NewSpace): Promise<CreatedSpace> {
    const [created] = await this.createSpaces(manager, [space]);
    if (!created) throw new Error('one space was asked for');
    return created;
  }

  override async createSpaces(manager: EntityManager, spaces: readonly NewSpace[]): Promise<CreatedSpace[]> {
    const made = spaces.map((space) => ({
      ...space,
      name: space.name.normalize('NFC'),
      spaceId: uuidv7() as SpaceId,
      rootId: uuidv7() as NodeId,
    }));
    if (made.length > 0) await insertSpaces(manager, made);
    return made.map(({ spaceId, rootId }) => ({ spaceId, rootId }));
  }
}
