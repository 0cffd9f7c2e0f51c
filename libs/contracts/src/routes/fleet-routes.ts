import { z } from 'zod';
import * as fleet from '../fleet.ts';
import { defineRoute } from '../route.ts';
import { Text } from '../text.ts';
import { deviceParam } from './params.ts';

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
      search: Text.max(200).optional(),
      health: fleet.HealthWord.optional(),
      sort: z
        .enum(['name', 'user', 'health', 'lastSeen', 'lastFullSync', 'files', 'tasks', 'failed', 'pending'])
        .default('name'),
      direction: z.enum(['asc', 'desc']).default('asc'),
      limit: z.coerce.number().int().min(1).max(200).default(50),
      after: Text.max(1000).optional(),
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
