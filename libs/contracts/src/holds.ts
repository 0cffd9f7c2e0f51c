import { z } from 'zod';

/**
 * Why work waits for a person (GU). `mass_delete_cloud`: many files were deleted on this device and would go to the recycle bin;
 * `mass_delete_local`: many were deleted in the cloud and would go to the trash of this device.
 */
export const HOLD_KINDS = ['mass_delete_cloud', 'mass_delete_local', 'mass_change', 'reupload_loop'] as const;
export const HoldKind = z.enum(HOLD_KINDS);
export type HoldKind = z.infer<typeof HoldKind>;

/** `kept`: nobody answered in time, so the files stay (GU-1). */
export const HoldAnswer = z.enum(['approved', 'restored', 'kept']);
export type HoldAnswer = z.infer<typeof HoldAnswer>;

/** For the person: what happened, and what to do about it. `{name}` are parameters. */
export const HOLD_TEXTS: Readonly<Record<HoldKind, readonly [message: string, fix: string]>> = {
  mass_delete_cloud: [
    '{files} files were deleted here at once. They are still in the cloud.',
    'Approve to delete them in the cloud too, or restore to get them back here.',
  ],
  mass_delete_local: [
    '{files} files were deleted in the cloud at once. They are still here.',
    'Approve to delete them here too, or restore to get them back in the cloud.',
  ],
  mass_change: [
    '{files} files were rewritten at once in a way that encryption looks like. They were not uploaded.',
    'If this was you, approve to upload them. If not, disconnect this computer and ask your admin; the cloud has the versions from before.',
  ],
  reupload_loop: [
    '{files} files vanish from the cloud each time they are backed up.',
    'Find out who or what deletes them there (a person, a virus scanner), then approve to back them up again.',
  ],
};
