import { z } from 'zod';
import { NodeKind } from './drive.ts';
import { DeviceId, NodeId, Timestamp } from './ids.ts';

const common = { id: z.uuid(), at: Timestamp, seen: z.boolean() };
/** Days before the end of an entitlement on which admins are told (EN-6), once each. */
export const ENTITLEMENT_NOTICE_DAYS = [30, 7, 1] as const;

/** What a person is told although nobody asked. Names of files go to the person whose they are, and to nobody else (PE-5). */
export const Notice = z.discriminatedUnion('kind', [
  /** Somebody handed something over: it is theirs now, in `Received transfers/` (TA-2). */
  z.object({
    kind: z.literal('transfer_received'),
    ...common,
    nodeId: NodeId,
    nodeKind: NodeKind,
    name: z.string(),
    from: z.string(),
  }),
  /** The personal space of somebody who left is being carried over to them. */
  z.object({ kind: z.literal('space_handed_over'), ...common, from: z.string() }),
  /** A device was enrolled in their name by a token that somebody else made: it cannot read their personal space until they say so (PE-5). */
  z.object({ kind: z.literal('device_waits'), ...common, deviceId: DeviceId, deviceName: z.string() }),
  /** To admins: sync backup stops then; downloads stay possible (EN-6). */
  z.object({
    kind: z.literal('entitlement_ends'),
    ...common,
    daysBefore: z.literal(ENTITLEMENT_NOTICE_DAYS),
    endsAt: Timestamp,
  }),
]);
export type Notice = z.infer<typeof Notice>;

export const MAX_NOTICES = 200;
/** Newest first. */
export const NoticesAnswer = z.object({ notices: z.array(Notice), unseen: z.int().min(0) });
export type NoticesAnswer = z.infer<typeof NoticesAnswer>;
export const SeenNotices = z.object({ ids: z.array(z.uuid()).min(1).max(MAX_NOTICES) });
