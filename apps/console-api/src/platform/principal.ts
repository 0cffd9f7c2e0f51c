import { AppError, type AccountRole, type DeviceId, type EnterpriseId, type UserId } from '@tideline/contracts';

/** Who makes a call. Every store filters by its enterprise; the operator belongs to none. */
export type Principal = PersonPrincipal | DevicePrincipal | OperatorPrincipal;
/** Somebody of an enterprise: what the drive and the grants decide about. */
export type MemberPrincipal = PersonPrincipal | DevicePrincipal;

export type PersonPrincipal = {
  readonly kind: 'person';
  readonly enterpriseId: EnterpriseId;
  readonly userId: UserId;
  readonly role: Exclude<AccountRole, 'operator'>;
  readonly sessionId: string;
};
export type DevicePrincipal = {
  readonly kind: 'device';
  readonly enterpriseId: EnterpriseId;
  readonly userId: UserId;
  readonly deviceId: DeviceId;
  readonly agentVersion: string;
  /** PE-5: false until the person confirms a device that a console-made token enrolled; it then sees no personal space. */
  readonly readsPersonalSpace: boolean;
};
export type OperatorPrincipal = { readonly kind: 'operator'; readonly userId: UserId; readonly sessionId: string };

/** Narrows to somebody of an enterprise; the operator sees no enterprise from inside. */
export function memberOf(principal: Principal): MemberPrincipal {
  if (principal.kind === 'operator') throw new AppError('FORBIDDEN');
  return principal;
}

/** Narrows to a person of an enterprise. */
export function personOf(principal: Principal): PersonPrincipal {
  if (principal.kind !== 'person') throw new AppError('FORBIDDEN');
  return principal;
}

export function isAdmin(principal: MemberPrincipal): boolean {
  return principal.kind === 'person' && isDriveAdmin(principal.role);
}

/** Drive admins and the super admin (PE-3). */
export function isDriveAdmin(role: PersonPrincipal['role']): boolean {
  return role === 'super_admin' || role === 'drive_admin';
}
