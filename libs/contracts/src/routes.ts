import { binRoutes } from './routes/bin-routes.ts';
import { copyRoutes } from './routes/copy-routes.ts';
import { deviceRoutes } from './routes/device-routes.ts';
import { driveRoutes } from './routes/drive-routes.ts';
import { enterpriseRoutes } from './routes/enterprise-routes.ts';
import { filesRoutes } from './routes/files-routes.ts';
import { fleetRoutes } from './routes/fleet-routes.ts';
import { operatorRoutes } from './routes/operator-routes.ts';
import { peopleRoutes } from './routes/people-routes.ts';
import { rightsRoutes } from './routes/rights-routes.ts';
import { restoreRoutes } from './routes/restore-routes.ts';
import { sessionRoutes } from './routes/session-routes.ts';
import { sharesRoutes } from './routes/shares-routes.ts';
import { systemRoutes } from './routes/system-routes.ts';
import { versionsRoutes } from './routes/versions-routes.ts';

/** Every route of the API: controllers, client, OpenAPI document and the permission test read this one table. */
export const routes = {
  system: systemRoutes,
  session: sessionRoutes,
  enterprise: enterpriseRoutes,
  people: peopleRoutes,
  operator: operatorRoutes,
  files: filesRoutes,
  devices: deviceRoutes,
  fleet: fleetRoutes,
  drive: driveRoutes,
  restore: restoreRoutes,
  rights: rightsRoutes,
  shares: sharesRoutes,
  bin: binRoutes,
  versions: versionsRoutes,
  copy: copyRoutes,
} as const;

export const API_PREFIX = '/api';
export const PROTOCOL_VERSION = 1;
export const PROTOCOL_HEADER = 'tideline-protocol';
export const CSRF_HEADER = 'x-tideline-csrf';
