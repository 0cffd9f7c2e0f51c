import { Injectable } from '@nestjs/common';
import type { NodeId, SpaceId } from '@tideline/contracts';
import type { EntityManager } from 'typeorm';
import { v7 as uuidv7 } from 'uuid';
import { SpaceMaker, type NewSpace } from '../platform/space-maker.ts';
import { insertSpace } from './space.store.ts';

export type CreatedSpace = { readonly spaceId: SpaceId; readonly rootId: NodeId };

@Injectable()
export class SpaceService extends SpaceMaker {
  /** Makes the space and its root folder, which takes seq 1. In the caller's transaction. */
  override async createSpace(manager: EntityManager, space: NewSpace): Promise<CreatedSpace> {
    const spaceId = uuidv7() as SpaceId;
    const rootId = uuidv7() as NodeId;
    await insertSpace(manager, { ...space, name: space.name.normalize('NFC'), spaceId, rootId });
    return { spaceId, rootId };
  }
}
