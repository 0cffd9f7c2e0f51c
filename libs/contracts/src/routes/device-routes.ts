import { z } from 'zod';
import * as fleet from '../fleet.ts';
import * as identity from '../identity.ts';
import { TaskId } from '../ids.ts';
import { defineRoute } from '../route.ts';
import { RegisterTask, RegisteredTask } from '../task.ts';
import { none } from './params.ts';

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
