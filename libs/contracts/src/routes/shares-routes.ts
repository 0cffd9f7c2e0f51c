import * as rights from '../rights.ts';
import { defineRoute } from '../route.ts';
import { nodeParam } from './params.ts';

export const sharesRoutes = {
  transfer: defineRoute({
    method: 'POST',
    path: '/nodes/:nodeId/transfer',
    permission: 'person',
    summary: 'Hand something of my personal space over: from then on it is theirs, under Received transfers (TA-2)',
    params: nodeParam,
    body: rights.TransferRequest,
    response: rights.TransferAnswer,
    errors: [
      'NODE_UNKNOWN',
      'NOT_FOUND',
      'ROOT_IMMUTABLE',
      'NODE_TRASHED',
      'QUOTA_EXCEEDED',
      'TREE_TOO_LARGE',
      'NAME_TAKEN',
    ],
  }),
};
