import { z } from 'zod';
import * as restore from '../restore.ts';
import { defineRoute } from '../route.ts';
import { SpaceJobsQuery, SpaceRestoresAnswer } from '../space-jobs.ts';
import { nodeParam, spaceParam } from './params.ts';

const restoreParam = z.object({ restoreId: restore.RestoreId });

export const restoreRoutes = {
  plan: defineRoute({
    method: 'POST',
    path: '/nodes/:nodeId/restores',
    permission: 'drive',
    summary: 'Plan to bring a folder back to a moment (VE-4); nothing changes before it is applied',
    params: nodeParam,
    body: restore.RestoreRequest,
    response: restore.RestoreJob,
    errors: ['NODE_UNKNOWN', 'KIND_MISMATCH', 'FORBIDDEN', 'MOMENT_TOO_OLD', 'MOMENT_BEFORE_MOVE'],
  }),
  get: defineRoute({
    method: 'GET',
    path: '/restores/:restoreId',
    permission: 'drive',
    summary: 'State and progress of a restore of the caller',
    params: restoreParam,
    response: restore.RestoreJob,
    errors: ['NOT_FOUND'],
  }),
  inSpace: defineRoute({
    method: 'GET',
    path: '/spaces/:spaceId/restores',
    permission: 'drive',
    summary: 'Restores of folders of a space, under way and ended: those of the caller, to a drive admin everybody’s',
    params: spaceParam,
    query: SpaceJobsQuery,
    response: SpaceRestoresAnswer,
    errors: ['SPACE_UNKNOWN'],
  }),
  steps: defineRoute({
    method: 'GET',
    path: '/restores/:restoreId/steps',
    permission: 'drive',
    summary: 'What a restore will do, did and could not do, page by page',
    params: restoreParam,
    query: restore.RestoreStepsQuery,
    response: restore.RestoreStepsAnswer,
    errors: ['NOT_FOUND'],
  }),
  apply: defineRoute({
    method: 'POST',
    path: '/restores/:restoreId/apply',
    permission: 'drive',
    summary: 'Carry out a planned restore in the background',
    params: restoreParam,
    response: restore.RestoreJob,
    errors: ['NOT_FOUND', 'RESTORE_STATE'],
  }),
  cancel: defineRoute({
    method: 'POST',
    path: '/restores/:restoreId/cancel',
    permission: 'drive',
    summary: 'End a restore, of the caller or as a drive admin; what it did so far stays',
    params: restoreParam,
    response: restore.RestoreJob,
    errors: ['NOT_FOUND', 'RESTORE_STATE'],
  }),
};
