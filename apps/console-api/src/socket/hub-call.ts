import { DeviceId, EnterpriseId, SpaceId, UserId } from '@tideline/contracts';
import { z } from 'zod';
import type { SocketHub } from '../platform/socket-hub.ts';

const enterpriseId = EnterpriseId;

/** What a console tells the sockets of the others: the calls of the hub, with what they name. */
export const HubCall = z.discriminatedUnion('call', [
  z.object({ call: z.literal('nudgeSpace'), enterpriseId, spaceId: SpaceId, seq: z.int() }),
  z.object({ call: z.literal('rightsChanged'), enterpriseId, spaceId: SpaceId }),
  z.object({ call: z.literal('roomFreed'), enterpriseId, spaceId: SpaceId.optional() }),
  z.object({ call: z.literal('settingsChanged'), enterpriseId, deviceId: DeviceId.optional() }),
  z.object({ call: z.literal('noticesChanged'), enterpriseId, to: z.union([UserId, z.literal('admins')]) }),
  z.object({ call: z.literal('deviceChanged'), enterpriseId, deviceId: DeviceId }),
]);
export type HubCall = z.infer<typeof HubCall>;

export function tellHub(hub: SocketHub, told: HubCall): void {
  const { enterpriseId } = told;
  switch (told.call) {
    case 'nudgeSpace':
      return hub.nudgeSpace(enterpriseId, told.spaceId, told.seq);
    case 'rightsChanged':
      return hub.rightsChanged(enterpriseId, told.spaceId);
    case 'roomFreed':
      return hub.roomFreed(enterpriseId, told.spaceId);
    case 'settingsChanged':
      return hub.settingsChanged(enterpriseId, told.deviceId);
    case 'noticesChanged':
      return hub.noticesChanged(enterpriseId, told.to);
    case 'deviceChanged':
      return hub.deviceChanged(enterpriseId, told.deviceId);
    default:
      return told satisfies never;
  }
}

/** Calls of one key say the same, so that the last one is enough: of a space the newest seq. */
export function keyOf(told: HubCall): string {
  return JSON.stringify(told.call === 'nudgeSpace' ? { ...told, seq: undefined } : told);
}

/** Of two calls of one key. */
export function newerOf(known: HubCall | undefined, told: HubCall): HubCall {
  if (known?.call !== 'nudgeSpace' || told.call !== 'nudgeSpace') return told;
  return known.seq > told.seq ? known : told;
}
