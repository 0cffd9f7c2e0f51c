import { NodeVersion } from '../drive.ts';
import * as retention from '../retention.ts';
import { defineRoute } from '../route.ts';
import { none } from './params.ts';

const { versionParam } = retention;

export const versionsRoutes = {
  restoreVersion: defineRoute({
    method: 'POST',
    path: '/nodes/:nodeId/versions/:versionId/restore',
    permission: 'drive',
    summary: 'Make the content of an older version the newest one again; no bytes travel',
    params: versionParam,
    body: retention.RestoreVersion,
    response: retention.RestoredVersion,
    errors: ['NODE_UNKNOWN', 'VERSION_UNKNOWN', 'REV_MISMATCH', 'QUOTA_EXCEEDED', 'NODE_TRASHED', 'PARENT_TRASHED'],
  }),
  updateVersion: defineRoute({
    method: 'PATCH',
    path: '/nodes/:nodeId/versions/:versionId',
    permission: 'drive',
    summary: 'Pin a version, so that neither count nor age removes it, or describe it',
    params: versionParam,
    body: retention.UpdateVersion,
    response: NodeVersion,
    errors: ['NODE_UNKNOWN', 'VERSION_UNKNOWN', 'LIMIT_PINNED'],
  }),
  deleteVersion: defineRoute({
    method: 'DELETE',
    path: '/nodes/:nodeId/versions/:versionId',
    permission: 'drive',
    summary: 'Delete one version; never the newest one',
    params: versionParam,
    query: retention.DeleteVersionQuery,
    response: none,
    errors: ['NODE_UNKNOWN', 'VERSION_UNKNOWN', 'VERSION_IS_HEAD', 'VERSION_PROTECTED'],
  }),
  retention: defineRoute({
    method: 'GET',
    path: '/enterprise/retention',
    permission: 'console-read',
    summary: 'How long versions and the recycle bin are kept',
    response: retention.RetentionPolicy,
  }),
  setRetention: defineRoute({
    method: 'PUT',
    path: '/enterprise/retention',
    permission: 'admin',
    summary: 'Set how long versions and the recycle bin are kept (VE-1, VE-2)',
    body: retention.RetentionPolicy,
    response: retention.RetentionPolicy,
  }),
};
