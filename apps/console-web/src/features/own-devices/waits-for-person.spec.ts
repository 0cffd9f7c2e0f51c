import { describe, expect, it } from 'vitest';
import { waitsForPerson } from './waits-for-person.ts';

describe('waitsForPerson', () => {
  it.each(['active', 'pending_approval'] as const)(
    '[PE-5] a device that cannot read the personal space waits while it is %s',
    (lifecycle) => {
      expect(waitsForPerson({ lifecycle, readsPersonalSpace: false })).toBe(true);
    },
  );

  it('[PE-5] a confirmed device waits for nothing', () => {
    expect(waitsForPerson({ lifecycle: 'active', readsPersonalSpace: true })).toBe(false);
  });

  it.each(['suspended', 'retired'] as const)('a device that is %s asks its person for nothing', (lifecycle) => {
    expect(waitsForPerson({ lifecycle, readsPersonalSpace: false })).toBe(false);
  });
});
