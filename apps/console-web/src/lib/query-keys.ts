import type { ToConsole } from '@tideline/contracts';

type Key = readonly unknown[];

/** One table of what the page caches, so that a socket message can name exactly what it makes stale. */
export const queryKeys = {
  session: ['session'],
  ownDevices: ['own-devices'],
  feature: ['feature'],
  overview: ['fleet', 'overview'],
  devices: ['fleet', 'devices'],
  device: (deviceId: string): Key => ['fleet', 'device', deviceId],
  people: ['people'],
  grants: ['people', 'grants'],
  enrollmentTokens: ['enrollment-tokens'],
  spaces: ['drive', 'spaces'],
  space: (spaceId: string): Key => ['drive', 'space', spaceId],
} as const;

export function keysMadeStaleBy(message: ToConsole): readonly Key[] {
  switch (message.type) {
    case 'welcome.v1':
      return [];
    case 'device.v1':
      return [queryKeys.overview, queryKeys.devices, queryKeys.device(message.deviceId)];
    case 'space.v1':
      return [queryKeys.space(message.space), queryKeys.spaces];
    case 'feature.v1':
      return [queryKeys.feature, queryKeys.overview];
    case 'notice.v1': // no page shows notices yet
      return [];
    default:
      return message satisfies never;
  }
}
