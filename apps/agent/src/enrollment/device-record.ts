import { EnrollAnswer, Timestamp } from '@tideline/contracts';
import { z } from 'zod';

/** Which server this device belongs to, as which person's device. */
export const Enrollment = z.object({
  /** Address without a trailing slash. */
  server: z.string(),
  deviceId: EnrollAnswer.shape.deviceId,
  deviceName: z.string(),
  enterprise: EnrollAnswer.shape.enterprise,
  user: EnrollAnswer.shape.user,
  enrolledAt: Timestamp,
  /** PEM file of the private certificate authority that was trusted at enrollment. */
  caPath: z.string().nullable(),
});
export type Enrollment = z.infer<typeof Enrollment>;

/** `device.json` of the state directory. */
export const DeviceRecord = z.object({
  format: z.literal(1),
  /** Id of this state directory; the key's entry is named after it. */
  stateId: z.uuid(),
  createdAt: Timestamp,
  key: z.object({
    /** Remembered, so that a keychain that cannot be reached never reads as "there is no key". */
    store: z.enum(['keychain', 'file']),
    publicKey: z.string(),
  }),
  enrollment: Enrollment.nullable(),
});
export type DeviceRecord = z.infer<typeof DeviceRecord>;
