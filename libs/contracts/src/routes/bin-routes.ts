import * as retention from '../retention.ts';
import { defineRoute } from '../route.ts';
import { spaceParam } from './params.ts';

export const binRoutes = {
  restoreTrashed: defineRoute({
    method: 'POST',
    path: '/spaces/:spaceId/trash/restore',
    permission: 'drive',
    summary: 'Put nodes back to where they were trashed from; folders that are gone are made again (VE-2)',
    params: spaceParam,
    body: retention.BinRequest,
    response: retention.RestoreAnswer,
    errors: ['SPACE_UNKNOWN'],
  }),
  purge: defineRoute({
    method: 'POST',
    path: '/spaces/:spaceId/trash/purge',
    permission: 'drive',
    summary: 'Delete trashed nodes for good, with all that is below them; for people only',
    params: spaceParam,
    body: retention.BinRequest,
    response: retention.PurgeAnswer,
    errors: ['SPACE_UNKNOWN', 'FORBIDDEN'],
  }),
  emptyBin: defineRoute({
    method: 'POST',
    path: '/spaces/:spaceId/trash/empty',
    permission: 'drive',
    summary: 'Delete everything in the recycle bin for good, as far as the caller may; for people only',
    params: spaceParam,
    body: retention.EmptyBinRequest,
    response: retention.EmptyBinAnswer,
    errors: ['SPACE_UNKNOWN', 'FORBIDDEN'],
  }),
};
