import { z } from 'zod';
import * as retention from '../retention.ts';
import { defineRoute } from '../route.ts';
import { SpaceCopiesAnswer, SpaceJobsQuery } from '../space-jobs.ts';
import { nodeParam, spaceParam } from './params.ts';

export const copyRoutes = {
  copyNode: defineRoute({
    method: 'POST',
    path: '/nodes/:nodeId/copy',
    permission: 'drive',
    summary: 'Copy a file or folder into a folder of any space; no bytes travel',
    params: nodeParam,
    body: retention.CopyRequest,
    response: retention.CopyAnswer,
    errors: ['NODE_UNKNOWN', 'PARENT_UNKNOWN', 'QUOTA_EXCEEDED', 'NODE_TRASHED', 'PARENT_TRASHED', 'PARENT_NOT_FOLDER'],
  }),
  copyState: defineRoute({
    method: 'GET',
    path: '/copies/:copyId',
    permission: 'drive',
    summary: 'How far a copy of the caller is',
    params: z.object({ copyId: z.uuid() }),
    response: retention.CopyAnswer,
    errors: ['NOT_FOUND'],
  }),
  spaceCopies: defineRoute({
    method: 'GET',
    path: '/spaces/:spaceId/copies',
    permission: 'drive',
    summary: 'Copies of folders into a space, under way and ended: those of the caller, to a drive admin everybody’s',
    params: spaceParam,
    query: SpaceJobsQuery,
    response: SpaceCopiesAnswer,
    errors: ['SPACE_UNKNOWN'],
  }),
  cancelCopy: defineRoute({
    method: 'POST',
    path: '/copies/:copyId/cancel',
    permission: 'drive',
    summary: 'End a copy under way, of the caller or as a drive admin; what was copied so far stays',
    params: z.object({ copyId: z.uuid() }),
    response: retention.CopyAnswer,
    errors: ['NOT_FOUND', 'COPY_STATE'],
  }),
  moveToSpace: defineRoute({
    method: 'POST',
    path: '/nodes/:nodeId/move-to-space',
    permission: 'drive',
    summary: 'Move a file or folder into another space, with its id and all versions',
    params: nodeParam,
    body: retention.PlaceRequest,
    response: retention.MoveToSpaceAnswer,
    errors: [
      'NODE_UNKNOWN',
      'PARENT_UNKNOWN',
      'QUOTA_EXCEEDED',
      'TREE_TOO_LARGE',
      'ROOT_IMMUTABLE',
      'SUBTREE_FORBIDDEN',
    ],
  }),
};
