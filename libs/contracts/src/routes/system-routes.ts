import { z } from 'zod';
import { defineRoute } from '../route.ts';

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
