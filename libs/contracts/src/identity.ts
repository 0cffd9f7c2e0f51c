import { z } from 'zod';
import {
  DeviceId,
  EnterpriseCode,
  EnterpriseId,
  GrantId,
  NodeId,
  SizeBytes,
  SpaceId,
  TeamId,
  Timestamp,
  UserId,
} from './ids.ts';
import { SpaceKind, SyncRight } from './drive.ts';
import { Text } from './text.ts';

export const Email = Text.max(254)
  .regex(/^[^\s@]+@[^\s@]+$/, 'expected an e-mail address')
  .transform((email) => email.toLowerCase());

/** PE-3, from the most powerful down. `operator` belongs to no enterprise. */
export const AccountRole = z.enum([
  'operator',
  'super_admin',
  'drive_admin',
  'team_admin',
  'user',
  'viewer',
  'auditor',
]);
export type AccountRole = z.infer<typeof AccountRole>;

export const LoginRequest = z.object({
  /** Absent for the platform operator. */
  enterpriseCode: EnterpriseCode.optional(),
  email: Email,
  password: Text.min(1).max(1024),
});

export const Session = z.object({
  userId: UserId,
  name: z.string(),
  email: z.string(),
  role: AccountRole,
  enterprise: z.object({ id: EnterpriseId, code: EnterpriseCode, name: z.string() }).nullable(),
  /** To be sent as `x-tideline-csrf` with every changing request. */
  csrfToken: z.string(),
  expiresAt: Timestamp,
});
export type Session = z.infer<typeof Session>;

/** EN-1 to EN-4: why sync backup works or not, in the order in which it must be mended. */
export const FeatureState = z.object({
  entitled: z.boolean(),
  entitledUntil: Timestamp.nullable(),
  preview: z.boolean(),
  historyOn: z.boolean(),
  syncOn: z.boolean(),
  enabledSince: Timestamp.nullable(),
  minAgentVersion: z.string(),
});
export type FeatureState = z.infer<typeof FeatureState>;
export const SwitchSyncRequest = z.object({
  on: z.boolean(),
  /** Typed by the admin to confirm. */ enterpriseCode: Text,
});

/** How full a space is; `quotaBytes` null: no limit. */
export const SpaceUse = z.object({ usedBytes: SizeBytes, quotaBytes: SizeBytes.nullable() });
export type SpaceUse = z.infer<typeof SpaceUse>;

export const Team = z.object({
  id: TeamId,
  parentId: TeamId.nullable(),
  name: z.string(),
  members: z.int(),
  space: SpaceUse.nullable().optional(),
});
export type Team = z.infer<typeof Team>;
export const User = z.object({
  id: UserId,
  name: z.string(),
  email: z.string(),
  role: AccountRole,
  teams: z.array(z.object({ id: TeamId, name: z.string() })),
  disabled: z.boolean(),
  devices: z.int(),
  /** The personal space: its size, never what is in it (PE-5). */
  space: SpaceUse.nullable().optional(),
});
export type User = z.infer<typeof User>;

export const Identity = z.discriminatedUnion('type', [
  z.object({ type: z.literal('user'), id: UserId }),
  z.object({ type: z.literal('team'), id: TeamId }),
]);
export const Grant = z.object({
  id: GrantId,
  spaceId: SpaceId,
  spaceKind: SpaceKind,
  spaceName: z.string(),
  nodeId: NodeId,
  /** Folder path inside the space, `/` for the space itself. */
  path: z.string(),
  to: z.object({ type: z.enum(['user', 'team']), id: z.uuid(), name: z.string() }),
  syncRight: SyncRight,
  expiresAt: Timestamp.nullable(),
  createdAt: Timestamp,
  createdBy: z.string().nullable(),
});
export type Grant = z.infer<typeof Grant>;
/** One right per folder and identity: setting it again replaces it. `none` withholds what a parent folder would give. */
export const SetGrant = z.object({
  nodeId: NodeId,
  to: Identity,
  syncRight: SyncRight,
  expiresAt: Timestamp.nullable().default(null),
});

export const EnrollmentToken = z.object({
  id: z.uuid(),
  label: z.string(),
  users: z.array(z.string()),
  team: z.string().nullable(),
  uses: z.int(),
  maxUses: z.int().nullable(),
  expiresAt: Timestamp.nullable(),
  loopbackOnly: z.boolean(),
  revoked: z.boolean(),
  createdAt: Timestamp,
});
export const CreateEnrollmentToken = z
  .object({
    label: Text.min(1).max(100),
    userIds: z.array(UserId).max(1000).default([]),
    teamId: TeamId.nullable().default(null),
    maxUses: z.int().min(1).max(100_000).nullable().default(1),
    validHours: z
      .int()
      .min(1)
      .max(24 * 365)
      .default(72),
  })
  .refine((token) => token.userIds.length > 0 || token.teamId !== null, 'name the users or the team it is for (PE-5)');
/** The secret is shown once and stored only as a hash. */
export const CreatedEnrollmentToken = z.object({ token: EnrollmentToken, secret: z.string() });

export const EnrollRequest = z.object({
  token: Text.min(1).max(500),
  email: Email,
  deviceName: Text.min(1).max(100),
  /** Raw Ed25519 public key, base64url. */
  publicKey: z.string().regex(/^[A-Za-z0-9_-]{43}$/),
  keyStore: z.enum(['keychain', 'file']),
  platform: z.object({ os: Text.max(100), arch: Text.max(20), hostname: Text.max(255) }),
  agentVersion: Text.max(50),
});
export const EnrollAnswer = z.object({
  deviceId: DeviceId,
  enterprise: z.object({ code: EnterpriseCode, name: z.string() }),
  user: z.object({ id: UserId, name: z.string(), email: z.string() }),
});
export type EnrollAnswer = z.infer<typeof EnrollAnswer>;
export const ChallengeRequest = z.object({ deviceId: DeviceId });
export const ChallengeAnswer = z.object({ challenge: z.string(), expiresAt: Timestamp });
/** `signature`: Ed25519 over the UTF-8 bytes of `tideline-device-login\n<challenge>`, base64url. */
export const TokenRequest = z.object({
  deviceId: DeviceId,
  challenge: Text.max(500),
  signature: Text.max(200),
  agentVersion: Text.max(50),
});
export const TokenAnswer = z.object({ accessToken: z.string(), expiresAt: Timestamp });

/** A person's own device, as the person sees it. */
export const OwnDevice = z.object({
  id: DeviceId,
  name: z.string(),
  os: z.string(),
  lifecycle: z.enum(['pending_approval', 'active', 'suspended', 'retired']),
  enrolledAt: Timestamp,
  lastSeen: Timestamp.nullable(),
  /** PE-5: false for a device that an admin's token enrolled, until the person confirms it. */
  readsPersonalSpace: z.boolean(),
});
export type OwnDevice = z.infer<typeof OwnDevice>;
