import { z } from 'zod';
import { DeviceId, NodeId, SpaceId } from '../ids.ts';

export const spaceParam = z.object({ spaceId: SpaceId });
export const nodeParam = z.object({ nodeId: NodeId });
export const deviceParam = z.object({ deviceId: DeviceId });
/** An answer without content. */
export const none = z.object({});
