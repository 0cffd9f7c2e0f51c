import type { EnterpriseRole } from '@tideline/contracts';
import { describe, expect, it } from 'vitest';
import { findRemovalRefusal, findRoleRefusal, mayAppoint } from './role-power.ts';

const ROLES: EnterpriseRole[] = ['super_admin', 'drive_admin', 'team_admin', 'viewer', 'auditor', 'user'];
const by = (role: EnterpriseRole) => ({ userId: 'me', role });

describe('[PE-3] who appoints whom', () => {
  const appoints: Record<EnterpriseRole, EnterpriseRole[]> = {
    super_admin: ['drive_admin', 'team_admin', 'viewer', 'auditor', 'user'],
    drive_admin: ['team_admin', 'viewer', 'auditor', 'user'],
    team_admin: ['user'],
    viewer: [],
    auditor: [],
    user: [],
  };

  it.each(ROLES)('%s', (role) => {
    expect(ROLES.filter((given) => mayAppoint(by(role), given))).toEqual(appoints[role]);
  });

  it('nobody gives himself another role', () => {
    for (const role of ROLES) {
      for (const given of ROLES.filter((other) => other !== role)) {
        expect(findRoleRefusal(by(role), { id: 'me', role }, given)).toBeDefined();
      }
    }
  });

  it('nobody changes the role of somebody as high as himself', () => {
    for (const role of ROLES.filter((each) => each !== 'user')) {
      expect(findRoleRefusal(by(role), { id: 'other', role }, 'user')).toBe('FORBIDDEN');
    }
  });

  it('the super admin gives the own role away, and nobody else does', () => {
    expect(findRoleRefusal(by('super_admin'), { id: 'other', role: 'user' }, 'super_admin')).toBeUndefined();
    expect(findRoleRefusal(by('drive_admin'), { id: 'other', role: 'user' }, 'super_admin')).toBe('FORBIDDEN');
  });
});

describe('[PE-3] who is removed by whom', () => {
  it('the super admin by nobody, himself included', () => {
    expect(findRemovalRefusal(by('super_admin'), { id: 'me', role: 'super_admin' })).toBe('LAST_SUPER_ADMIN');
    expect(findRemovalRefusal(by('drive_admin'), { id: 'other', role: 'super_admin' })).toBe('FORBIDDEN');
  });

  it('a drive admin by the super admin only', () => {
    expect(findRemovalRefusal(by('super_admin'), { id: 'other', role: 'drive_admin' })).toBeUndefined();
    expect(findRemovalRefusal(by('drive_admin'), { id: 'other', role: 'drive_admin' })).toBe('FORBIDDEN');
  });

  it('nobody by himself', () => {
    expect(findRemovalRefusal(by('drive_admin'), { id: 'me', role: 'drive_admin' })).toBe('FORBIDDEN');
  });
});
