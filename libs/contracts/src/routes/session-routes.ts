import { z } from 'zod';
import * as identity from '../identity.ts';
import { NoticesAnswer, SeenNotices } from '../notice.ts';
import { defineRoute } from '../route.ts';
import { deviceParam, none } from './params.ts';

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
  ownDevices: defineRoute({
    method: 'GET',
    path: '/session/devices',
    permission: 'person',
    summary: 'Devices enrolled in my name, and whether they may read my personal space',
    response: z.object({ devices: z.array(identity.OwnDevice) }),
  }),
  confirmDevice: defineRoute({
    method: 'PUT',
    path: '/session/devices/:deviceId/personal-space',
    permission: 'person',
    summary: 'Let a device of mine read my personal space, or take that back (PE-5)',
    params: deviceParam,
    body: z.object({ allowed: z.boolean() }),
    response: z.object({ devices: z.array(identity.OwnDevice) }),
    errors: ['NOT_FOUND'],
  }),
  notices: defineRoute({
    method: 'GET',
    path: '/session/notices',
    permission: 'person',
    summary: 'What I was told in the last 90 days, newest first, and how much of it I have not seen',
    response: NoticesAnswer,
  }),
  seenNotices: defineRoute({
    method: 'POST',
    path: '/session/notices/seen',
    permission: 'person',
    summary: 'Mark notices as seen, for me alone',
    body: SeenNotices,
    response: NoticesAnswer,
  }),
};
