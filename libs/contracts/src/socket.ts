import { z } from 'zod';
import { DeviceId, SpaceId } from './ids.ts';
import { DeviceReport } from './fleet.ts';

/** Messages carry their version in `type`; fields may be added, meanings never change. At most 64 KiB each. */
export const MAX_SOCKET_MESSAGE_BYTES = 64 * 1024;
export const SOCKET_PATH = '/api/socket';

/** device → server. Any message counts as a heartbeat. */
export const FromDevice = z.discriminatedUnion('type', [
  z.object({ type: z.literal('watch.v1'), spaces: z.array(SpaceId).max(50) }),
  z.object({ type: z.literal('report.v1'), report: DeviceReport }),
  z.object({ type: z.literal('heartbeat.v1') }),
]);
export type FromDevice = z.infer<typeof FromDevice>;

/** server → device. Nudges only: the data travels by HTTP. */
export const ToDevice = z.discriminatedUnion('type', [
  z.object({ type: z.literal('welcome.v1'), heartbeatSeconds: z.int() }),
  z.object({ type: z.literal('nudge.v1'), space: SpaceId, seq: z.int() }),
  /** Rights changed in this space, which the device watches: ask for caps again. */
  z.object({ type: z.literal('rights.v1'), space: SpaceId }),
  /** The space was full or nearly so and has room again (VE-3): what waits for room is tried at once. */
  z.object({ type: z.literal('room.v1'), space: SpaceId }),
  /** The feature state, limits or spaces changed: ask for settings again. */
  z.object({ type: z.literal('settings.v1') }),
]);
export type ToDevice = z.infer<typeof ToDevice>;

/** server → console page: what changed, to be fetched again. */
export const ToConsole = z.discriminatedUnion('type', [
  z.object({ type: z.literal('welcome.v1') }),
  z.object({ type: z.literal('device.v1'), deviceId: DeviceId }),
  z.object({ type: z.literal('space.v1'), space: SpaceId, seq: z.int() }),
  z.object({ type: z.literal('feature.v1') }),
  /** There is something new to be told to this person. */
  z.object({ type: z.literal('notice.v1') }),
]);
export type ToConsole = z.infer<typeof ToConsole>;
