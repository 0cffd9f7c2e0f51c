import { z } from 'zod';
import * as drive from './drive.ts';
import * as fleet from './fleet.ts';
import * as identity from './identity.ts';
import { DeviceId, GrantId, NodeId, SpaceId, TaskId, VersionId } from './ids.ts';
import { CloudPathText } from './cloud-path.ts';
import { defineRoute } from './route.ts';
import { RegisterTask, RegisteredTask } from './task.ts';

const spaceParam = z.object({ spaceId: SpaceId });
const nodeParam = z.object({ nodeId: NodeId });
const deviceParam = z.object({ deviceId: DeviceId });
const none = z.object({});

export const systemRoutes = {
  health: defineRoute({
    method: 'GET',
    path: '/health',
    permission: 'public',
    summary: 'Whether the console answers and its database does',
    response: z.object({ status: z.literal('ok'), version: z.string(), protocol: z.int() }),
  }),
  openapi: defineRoute({
    method: 'GET',
    path: '/openapi.json',
    permission: 'public',
    summary: 'This API as an OpenAPI document',
  }),
};

export const sessionRoutes = {
  login: defineRoute({
    method: 'POST',
    path: '/session',
    permission: 'public',
    summary: 'Sign a person in; sets the session cookie',
    body: identity.LoginRequest,
    response: identity.Session,
    errors: ['WRONG_CREDENTIALS', 'RATE_LIMITED'],
  }),
  current: defineRoute({
    method: 'GET',
    path: '/session',
    permission: 'person',
    summary: 'Who is signed in',
    response: identity.Session,
  }),
  logout: defineRoute({
    method: 'DELETE',
    path: '/session',
    permission: 'person',
    summary: 'Sign out',
    response: none,
  }),
};

export const enterpriseRoutes = {
  feature: defineRoute({
    method: 'GET',
    path: '/enterprise/feature',
    permission: 'person',
    summary: 'State of sync backup in my enterprise (EN)',
    response: identity.FeatureState,
  }),
  switchSync: defineRoute({
    method: 'PUT',
    path: '/enterprise/feature/sync',
    permission: 'admin',
    summary: 'Switch sync backup on or off by confirming the enterprise code (EN-1, EN-4)',
    body: identity.SwitchSyncRequest,
    response: identity.FeatureState,
    errors: ['CODE_MISMATCH', 'SYNC_NOT_ENTITLED', 'HISTORY_REQUIRED'],
  }),
  switchHistory: defineRoute({
    method: 'PUT',
    path: '/enterprise/feature/history',
    permission: 'admin',
    summary: 'Switch history versions on or off (EN-2)',
    body: z.object({ on: z.boolean() }),
    response: identity.FeatureState,
    errors: ['HISTORY_IN_USE'],
  }),
  users: defineRoute({
    method: 'GET',
    path: '/users',
    permission: 'console-read',
    summary: 'People of my enterprise',
    response: z.object({ users: z.array(identity.User) }),
  }),
  createUser: defineRoute({
    method: 'POST',
    path: '/users',
    permission: 'admin',
    summary: 'Add a person, with a personal space',
    body: z.object({
      name: z.string().min(1).max(100),
      email: identity.Email,
      password: z.string().min(8).max(1024),
      teamIds: z.array(identity.Team.shape.id).max(50).default([]),
    }),
    response: identity.User,
  }),
  teams: defineRoute({
    method: 'GET',
    path: '/teams',
    permission: 'console-read',
    summary: 'Team tree of my enterprise',
    response: z.object({ teams: z.array(identity.Team) }),
  }),
  createTeam: defineRoute({
    method: 'POST',
    path: '/teams',
    permission: 'admin',
    summary: 'Add a team, with a team space',
    body: z.object({ name: z.string().min(1).max(100), parentId: identity.Team.shape.id.nullable().default(null) }),
    response: identity.Team,
  }),
  grants: defineRoute({
    method: 'GET',
    path: '/grants',
    permission: 'console-read',
    summary: 'Sync rights given on folders of team spaces and the enterprise space',
    response: z.object({ grants: z.array(identity.Grant) }),
  }),
  setGrant: defineRoute({
    method: 'PUT',
    path: '/grants',
    permission: 'admin',
    summary: 'Give Synchronizer, Backer or none on a folder to a user or team (PE-1)',
    body: identity.SetGrant,
    response: identity.Grant,
    errors: ['NODE_UNKNOWN', 'NOT_FOUND'],
  }),
  removeGrant: defineRoute({
    method: 'DELETE',
    path: '/grants/:grantId',
    permission: 'admin',
    summary: 'Take a right back; tasks that need it pause within seconds (PE-2)',
    params: z.object({ grantId: GrantId }),
    response: none,
  }),
  enrollmentTokens: defineRoute({
    method: 'GET',
    path: '/enrollment-tokens',
    permission: 'admin',
    summary: 'Enrollment tokens, without their secrets',
    response: z.object({ tokens: z.array(identity.EnrollmentToken) }),
  }),
  createEnrollmentToken: defineRoute({
    method: 'POST',
    path: '/enrollment-tokens',
    permission: 'admin',
    summary: 'Make an enrollment token for named users or a team; the secret is shown once',
    body: identity.CreateEnrollmentToken,
    response: identity.CreatedEnrollmentToken,
  }),
  revokeEnrollmentToken: defineRoute({
    method: 'DELETE',
    path: '/enrollment-tokens/:tokenId',
    permission: 'admin',
    summary: 'Revoke an enrollment token',
    params: z.object({ tokenId: z.uuid() }),
    response: none,
  }),
};

export const deviceRoutes = {
  enroll: defineRoute({
    method: 'POST',
    path: '/devices/enroll',
    permission: 'public',
    summary: 'Enroll a device with an enrollment token and the public half of its key',
    body: identity.EnrollRequest,
    response: identity.EnrollAnswer,
    errors: [
      'TOKEN_WRONG',
      'TOKEN_EXPIRED',
      'TOKEN_NOT_FOR_USER',
      'TOKEN_LOOPBACK_ONLY',
      'USER_UNKNOWN',
      'USER_DISABLED',
    ],
  }),
  challenge: defineRoute({
    method: 'POST',
    path: '/devices/challenge',
    permission: 'public',
    summary: 'A challenge for the device key to sign',
    body: identity.ChallengeRequest,
    response: identity.ChallengeAnswer,
  }),
  token: defineRoute({
    method: 'POST',
    path: '/devices/token',
    permission: 'public',
    summary: 'Exchange a signed challenge for an access token of 15 minutes',
    body: identity.TokenRequest,
    response: identity.TokenAnswer,
    errors: ['DEVICE_REVOKED', 'DEVICE_NOT_APPROVED', 'NOT_SIGNED_IN'],
  }),
  settings: defineRoute({
    method: 'GET',
    path: '/devices/self/settings',
    permission: 'device',
    summary: 'Feature state, limits and spaces of the calling device',
    response: fleet.DeviceSettings,
  }),
  tasks: defineRoute({
    method: 'GET',
    path: '/devices/self/tasks',
    permission: 'device',
    summary: 'Sync tasks of the calling device',
    response: z.object({ tasks: z.array(RegisteredTask) }),
  }),
  registerTask: defineRoute({
    method: 'PUT',
    path: '/devices/self/tasks/:taskId',
    permission: 'device',
    summary: 'Create a sync task, or repeat its creation; refused without the right or above the limit (PE-1, LI-1)',
    params: fleet.TaskIdParam,
    body: RegisterTask,
    response: RegisteredTask,
    errors: [
      'LIMIT_TASKS',
      'RIGHT_MISSING',
      'RIGHT_UPLOAD_ONLY',
      'SYNC_DISABLED',
      'SYNC_NOT_ENTITLED',
      'AGENT_TOO_OLD',
      'HISTORY_REQUIRED',
      'NODE_UNKNOWN',
    ],
  }),
  removeTask: defineRoute({
    method: 'DELETE',
    path: '/devices/self/tasks/:taskId',
    permission: 'device',
    summary: 'Cancel a sync task; files stay on both sides (TA-4)',
    params: z.object({ taskId: TaskId }),
    response: none,
  }),
  report: defineRoute({
    method: 'PUT',
    path: '/devices/self/report',
    permission: 'device',
    summary: 'The report that otherwise travels over the socket',
    body: fleet.DeviceReport,
    response: none,
  }),
};

export const fleetRoutes = {
  overview: defineRoute({
    method: 'GET',
    path: '/fleet/overview',
    permission: 'console-read',
    summary: 'Health of the fleet in numbers, and who needs help first',
    response: fleet.Overview,
  }),
  devices: defineRoute({
    method: 'GET',
    path: '/fleet/devices',
    permission: 'console-read',
    summary: 'Devices, sorted, filtered and paged by the server',
    query: z.object({
      search: z.string().max(200).optional(),
      health: fleet.HealthWord.optional(),
      sort: z
        .enum(['name', 'user', 'health', 'lastSeen', 'lastFullSync', 'files', 'tasks', 'failed', 'pending'])
        .default('name'),
      direction: z.enum(['asc', 'desc']).default('asc'),
      limit: z.coerce.number().int().min(1).max(200).default(50),
      after: z.string().max(1000).optional(),
    }),
    response: fleet.DeviceList,
  }),
  device: defineRoute({
    method: 'GET',
    path: '/fleet/devices/:deviceId',
    permission: 'console-read',
    summary: 'One device with its tasks',
    params: deviceParam,
    response: fleet.DeviceDetail,
  }),
  suspend: defineRoute({
    method: 'PUT',
    path: '/fleet/devices/:deviceId/lifecycle',
    permission: 'admin',
    summary: 'Suspend a device, or let it in again',
    params: deviceParam,
    body: z.object({ lifecycle: z.enum(['active', 'suspended']) }),
    response: fleet.DeviceDetail,
  }),
};

export const driveRoutes = {
  spaces: defineRoute({
    method: 'GET',
    path: '/spaces',
    permission: 'drive',
    summary: 'Spaces the caller may see',
    response: z.object({ spaces: z.array(drive.Space) }),
  }),
  resolve: defineRoute({
    method: 'GET',
    path: '/drive/resolve',
    permission: 'drive',
    summary: 'The folder a cloud path names, and what is missing of it',
    query: z.object({ path: CloudPathText }),
    response: drive.ResolveAnswer,
    errors: ['SPACE_UNKNOWN', 'PARENT_NOT_FOLDER'],
  }),
  batch: defineRoute({
    method: 'POST',
    path: '/spaces/:spaceId/batch',
    permission: 'drive',
    summary: 'Up to 500 node operations, with the bytes of small files inline',
    params: spaceParam,
    body: drive.BatchRequest,
    requestFrame: true,
    response: drive.BatchAnswer,
    errors: ['CHUNK_CORRUPT', 'SPACE_UNKNOWN', 'PAYLOAD_TOO_LARGE'],
  }),
  missing: defineRoute({
    method: 'POST',
    path: '/spaces/:spaceId/chunks/missing',
    permission: 'drive',
    summary: 'Which of these chunks the caller must send',
    params: spaceParam,
    body: drive.MissingRequest,
    response: drive.MissingAnswer,
    errors: ['QUOTA_EXCEEDED'],
  }),
  putPack: defineRoute({
    method: 'PUT',
    path: '/spaces/:spaceId/chunks/pack',
    permission: 'drive',
    summary: 'Send chunks; each is verified against its hash',
    params: spaceParam,
    body: drive.PackRequest,
    requestFrame: true,
    response: drive.PackAnswer,
    errors: ['CHUNK_CORRUPT', 'PAYLOAD_TOO_LARGE'],
  }),
  changes: defineRoute({
    method: 'GET',
    path: '/spaces/:spaceId/changes',
    permission: 'drive',
    summary: 'Node states below a sync root since a cursor, in commit order',
    params: spaceParam,
    query: drive.ChangesQuery,
    response: drive.ChangesAnswer,
    errors: ['CURSOR_EXPIRED', 'CURSOR_INVALID', 'NODE_UNKNOWN'],
  }),
  listing: defineRoute({
    method: 'GET',
    path: '/spaces/:spaceId/listing',
    permission: 'drive',
    summary: 'Everything below a folder as it is at one seq, with count and digest',
    params: spaceParam,
    query: drive.ListingQuery,
    response: drive.ListingAnswer,
    errors: ['NODE_UNKNOWN', 'CURSOR_EXPIRED'],
  }),
  digest: defineRoute({
    method: 'GET',
    path: '/spaces/:spaceId/digest',
    permission: 'drive',
    summary: 'Count and digest of everything below a folder',
    params: spaceParam,
    query: z.object({ root: NodeId }),
    response: drive.DigestAnswer,
    errors: ['NODE_UNKNOWN'],
  }),
  caps: defineRoute({
    method: 'GET',
    path: '/spaces/:spaceId/caps',
    permission: 'drive',
    summary: 'Effective rights at a folder and where they change below it',
    params: spaceParam,
    query: z.object({ root: NodeId }),
    response: drive.CapsAnswer,
  }),
  bundle: defineRoute({
    method: 'POST',
    path: '/spaces/:spaceId/content/bundle',
    permission: 'drive',
    summary: 'The bytes of several files in one answer',
    params: spaceParam,
    body: drive.BundleRequest,
    response: drive.BundleAnswer,
    responseFrame: true,
  }),
  manifest: defineRoute({
    method: 'GET',
    path: '/nodes/:nodeId/manifest',
    permission: 'drive',
    summary: 'Chunks of the head version, or of the named one',
    params: nodeParam,
    query: z.object({ version: VersionId.optional() }),
    response: drive.ManifestAnswer,
    errors: ['NODE_UNKNOWN'],
  }),
  content: defineRoute({
    method: 'GET',
    path: '/nodes/:nodeId/content',
    permission: 'drive',
    summary: 'The bytes of the head version, or of the named one; honours Range',
    params: nodeParam,
    query: z.object({ version: VersionId.optional(), download: z.string().optional() }),
    responseBytes: true,
    errors: ['NODE_UNKNOWN', 'RANGE_INVALID'],
  }),
  children: defineRoute({
    method: 'GET',
    path: '/nodes/:nodeId/children',
    permission: 'drive',
    summary: 'Children of a folder, folders first, by name',
    params: nodeParam,
    query: drive.ChildrenQuery,
    response: drive.ChildrenAnswer,
    errors: ['NODE_UNKNOWN', 'KIND_MISMATCH'],
  }),
  versions: defineRoute({
    method: 'GET',
    path: '/nodes/:nodeId/versions',
    permission: 'drive',
    summary: 'History of a file, newest first',
    params: nodeParam,
    response: z.object({ node: drive.DriveNode, versions: z.array(drive.NodeVersion) }),
    errors: ['NODE_UNKNOWN', 'KIND_MISMATCH'],
  }),
  trash: defineRoute({
    method: 'GET',
    path: '/spaces/:spaceId/trash',
    permission: 'drive',
    summary: 'What waits in the recycle bin of a space, newest first',
    params: spaceParam,
    query: drive.ChildrenQuery,
    response: z.object({ nodes: z.array(drive.DriveNode), next: z.string().nullable(), total: z.int() }),
  }),
};

/** Every route of the API: controllers, client, OpenAPI document and the permission test read this one table. */
export const routes = {
  system: systemRoutes,
  session: sessionRoutes,
  enterprise: enterpriseRoutes,
  devices: deviceRoutes,
  fleet: fleetRoutes,
  drive: driveRoutes,
} as const;

export const API_PREFIX = '/api';
export const PROTOCOL_VERSION = 1;
export const PROTOCOL_HEADER = 'tideline-protocol';
export const CSRF_HEADER = 'x-tideline-csrf';
