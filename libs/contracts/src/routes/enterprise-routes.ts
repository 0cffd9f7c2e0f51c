import { z } from 'zod';
import { SyncPolicy } from '../filter-rules.ts';
import * as identity from '../identity.ts';
import { GrantId } from '../ids.ts';
import { NextPage, PageQuery } from '../page.ts';
import { EnterpriseRole, MAX_TEAMS_PER_USER, Password, PersonName, TeamName } from '../people.ts';
import { defineRoute } from '../route.ts';
import { none } from './params.ts';

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
  syncPolicy: defineRoute({
    method: 'GET',
    path: '/enterprise/sync-policy',
    permission: 'console-read',
    summary: 'What my enterprise decides for the tasks of all devices',
    response: SyncPolicy,
  }),
  setSyncPolicy: defineRoute({
    method: 'PUT',
    path: '/enterprise/sync-policy',
    permission: 'admin',
    summary: 'Decide what the tasks of all devices leave out; nothing is deleted by it',
    body: SyncPolicy,
    response: SyncPolicy,
  }),
  users: defineRoute({
    method: 'GET',
    path: '/users',
    permission: 'console-read',
    summary: 'People of my enterprise, by name',
    query: PageQuery,
    response: z.object({ users: z.array(identity.User), next: NextPage }),
  }),
  createUser: defineRoute({
    method: 'POST',
    path: '/users',
    permission: 'people-admin',
    summary: 'Add a person, with a personal space; a team admin into own teams only',
    body: z.object({
      name: PersonName,
      email: identity.Email,
      password: Password,
      role: EnterpriseRole.default('user'),
      teamIds: z.array(identity.Team.shape.id).max(MAX_TEAMS_PER_USER).default([]),
    }),
    response: identity.User,
  }),
  teams: defineRoute({
    method: 'GET',
    path: '/teams',
    permission: 'console-read',
    summary: 'Teams of my enterprise, by name; each names the one above it',
    query: PageQuery,
    response: z.object({ teams: z.array(identity.Team), next: NextPage }),
  }),
  createTeam: defineRoute({
    method: 'POST',
    path: '/teams',
    permission: 'people-admin',
    summary: 'Add a team, with a team space; a team admin below own teams only',
    body: z.object({ name: TeamName, parentId: identity.Team.shape.id.nullable().default(null) }),
    response: identity.Team,
  }),
  grants: defineRoute({
    method: 'GET',
    path: '/grants',
    permission: 'console-read',
    summary: 'Sync rights given on folders of team spaces and the enterprise space, the oldest first',
    query: PageQuery,
    response: z.object({ grants: z.array(identity.Grant), next: NextPage }),
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
    summary: 'Enrollment tokens, without their secrets, the newest first',
    query: PageQuery,
    response: z.object({ tokens: z.array(identity.EnrollmentToken), next: NextPage }),
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
