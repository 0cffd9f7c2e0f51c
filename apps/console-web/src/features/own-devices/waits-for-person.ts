import type { OwnDevice } from '@tideline/contracts';

/** PE-5: a device that is or will be let in and cannot read the personal space until its person says so. */
export function waitsForPerson(device: Pick<OwnDevice, 'lifecycle' | 'readsPersonalSpace'>): boolean {
  if (device.readsPersonalSpace) return false;
  return device.lifecycle === 'active' || device.lifecycle === 'pending_approval';
}
