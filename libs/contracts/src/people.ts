import { z } from 'zod';
import { AccountRole, Email, SpaceUse, Team } from './identity.ts';
import { SpaceKind } from './drive.ts';
import { EnterpriseCode, EnterpriseId, SizeBytes, SpaceId, TeamId, Timestamp, UserId } from './ids.ts';
import { RightsImpact } from './rights.ts';
import { Text } from './text.ts';

/** PE-3: roles of an enterprise, from the most powerful down; `viewer` and `auditor` only read the console. */
export const EnterpriseRole = AccountRole.exclude(['operator']);
export type EnterpriseRole = z.infer<typeof EnterpriseRole>;

export const PersonName = Text.trim()
  .min(1)
  .max(100)
  .transform((name) => name.normalize('NFC'));
export const TeamName = PersonName;
export const Password = Text.min(8).max(1024);
export const MAX_TEAMS_PER_USER = 50;

/** What is left out stays as it is. Giving `super_admin` hands the role over: the giver becomes a drive admin. */
export const UpdateUser = z.object({
  name: PersonName.optional(),
  role: EnterpriseRole.optional(),
  teamIds: z.array(TeamId).max(MAX_TEAMS_PER_USER).optional(),
});
export const UpdateTeam = z.object({ name: TeamName.optional(), parentId: TeamId.nullable().optional() });
/** Changes of people that are thought about: nothing is changed by asking. */
export const UserChange = z.discriminatedUnion('change', [
  UpdateUser.pick({ role: true, teamIds: true }).extend({ change: z.literal('update') }),
  z.object({ change: z.literal('disable'), disabled: z.boolean() }),
  z.object({ change: z.literal('delete') }),
]);
export type UserChange = z.infer<typeof UserChange>;
export const TeamChange = z.discriminatedUnion('change', [
  z.object({ change: z.literal('move'), parentId: TeamId.nullable() }),
  z.object({ change: z.literal('member'), userId: UserId, member: z.boolean() }),
  z.object({ change: z.literal('delete') }),
]);
export type TeamChange = z.infer<typeof TeamChange>;
export const TeamMembers = z.object({
  team: Team,
  members: z.array(
    z.object({ id: UserId, name: z.string(), email: z.string(), role: EnterpriseRole, disabled: z.boolean() }),
  ),
});

/** A secret for one person to choose a password with; shown once, kept as a hash. */
export const Invitation = z.object({ userId: UserId, email: z.string(), secret: z.string(), expiresAt: Timestamp });
export type Invitation = z.infer<typeof Invitation>;
export const AcceptInvitation = z.object({ secret: Text.min(1).max(200), password: Password });

/** A personal space on its way to somebody else, as a folder below `Received transfers`. */
export const Handover = z.object({
  id: z.uuid(),
  spaceId: SpaceId,
  /** Whose space it was. */
  from: z.string(),
  to: z.object({ id: UserId, name: z.string() }),
  state: z.enum(['running', 'waiting', 'done']),
  /**
   * What it waits for: QUOTA_EXCEEDED until the space of the receiver is larger, USER_DISABLED until the receiver is back,
   * JOB_FAILED for the next hour, since it failed too often.
   */
  waitsFor: z.string().nullable(),
  done: z.int(),
  total: z.int(),
  createdAt: Timestamp,
  doneAt: Timestamp.nullable(),
});
export type Handover = z.infer<typeof Handover>;

/** What became of a deleted user's personal space: kept until a time, and handed over when a successor was named. */
export const DeletedUser = z.object({ keptUntil: Timestamp.nullable(), handover: Handover.nullable() });

/** A space as its admins see it: sizes and whose it is, never what is in it (PE-5). */
export const AdminSpace = SpaceUse.extend({
  id: SpaceId,
  kind: SpaceKind,
  name: z.string(),
  /** Whether the quota was set for this very space, so that a new default leaves it alone. */
  ownQuota: z.boolean(),
  /** Of a deleted user or team: when it goes for good. */
  keptUntil: Timestamp.nullable(),
});
export type AdminSpace = z.infer<typeof AdminSpace>;
export const AdminSpacesQuery = z.object({
  kind: SpaceKind.optional(),
  search: Text.max(200).optional(),
  kept: z.enum(['true', 'false']).optional(),
  after: z.uuid().optional(),
  limit: z.coerce.number().int().min(1).max(1000).default(200),
});
export const AdminSpaces = z.object({ spaces: z.array(AdminSpace), next: z.uuid().nullable() });
/** `null`: no limit. */
export const QuotaBytes = SizeBytes.nullable();
export const QuotaDefaults = z.object({ enterprise: QuotaBytes, team: QuotaBytes, personal: QuotaBytes });
export type QuotaDefaults = z.infer<typeof QuotaDefaults>;
/** `applyToExisting`: also to spaces that have no quota of their own. */
export const SetQuotaDefault = z.object({
  kind: SpaceKind,
  quotaBytes: QuotaBytes,
  applyToExisting: z.boolean().default(false),
});

export const MAX_IMPORT_LINES = 5000;
export const MAX_IMPORT_CHARS = 2_000_000;
export const IMPORT_COLUMNS = ['name', 'email', 'role', 'teams', 'quotaGiB'] as const;
export const ImportColumn = z.enum(IMPORT_COLUMNS);
export type ImportColumn = z.infer<typeof ImportColumn>;
export const ImportProblemCode = z.enum([
  'MALFORMED',
  'COLUMN_MISSING',
  'COLUMN_UNKNOWN',
  'TOO_MANY_LINES',
  'NAME_INVALID',
  'EMAIL_INVALID',
  'EMAIL_TWICE',
  'ROLE_UNKNOWN',
  'ROLE_FORBIDDEN',
  'TEAM_UNKNOWN',
  'TEAM_FORBIDDEN',
  'TEAM_MISSING',
  'TEAMS_TOO_MANY',
  'QUOTA_INVALID',
  'QUOTA_FORBIDDEN',
  'USER_FORBIDDEN',
]);
export type ImportProblemCode = z.infer<typeof ImportProblemCode>;
export const ImportProblem = z.object({
  /** 1 is the header. */
  line: z.int().min(1),
  column: ImportColumn.nullable(),
  code: ImportProblemCode,
  value: z.string(),
});
export type ImportProblem = z.infer<typeof ImportProblem>;
/**
 * A table in CSV with a header line: `name,email` and, in any order and as wished, `role`, `teams` (names parted by `;`),
 * `quotaGiB`. An empty cell says nothing: a new user gets what is usual, a known one keeps what there is. Known by e-mail address.
 */
export const ImportUsers = z.object({
  /** What is wrong in a cell is told with its line; a half of a character would not even reach its cell. */
  csv: z
    .string()
    .max(MAX_IMPORT_CHARS)
    .refine((csv) => csv.isWellFormed(), 'expected no halves of characters'),
  dryRun: z.boolean().default(true),
});
export const ImportAction = z.enum(['create', 'update', 'unchanged']);
export type ImportAction = z.infer<typeof ImportAction>;
/** All or nothing: with a problem in any line nothing is done. */
export const ImportAnswer = z.object({
  applied: z.boolean(),
  created: z.int(),
  updated: z.int(),
  unchanged: z.int(),
  problems: z.array(ImportProblem),
  lines: z.array(z.object({ line: z.int(), email: z.string(), action: ImportAction })),
  /** Of the users created: each chooses a password with the secret. */
  invitations: z.array(Invitation),
  /** PE-2: what it would do to sync tasks, told by a dry run without problems. */
  impact: RightsImpact.nullable(),
});
export type ImportAnswer = z.infer<typeof ImportAnswer>;

/** An enterprise as the platform operator sees it (EN-1). */
export const OperatedEnterprise = z.object({
  id: EnterpriseId,
  code: EnterpriseCode,
  name: z.string(),
  plan: z.string(),
  entitled: z.boolean(),
  entitledUntil: Timestamp.nullable(),
  preview: z.boolean(),
  historyOn: z.boolean(),
  syncOn: z.boolean(),
  minAgentVersion: z.string(),
  users: z.int(),
  usedBytes: SizeBytes,
});
export type OperatedEnterprise = z.infer<typeof OperatedEnterprise>;
export const SetEntitlement = z.object({
  plan: Text.min(1).max(50),
  entitled: z.boolean(),
  preview: z.boolean(),
  until: Timestamp.nullable(),
  minAgentVersion: z
    .string()
    .regex(/^\d{1,5}\.\d{1,5}\.\d{1,5}$/, 'expected a version like 1.4.0')
    .optional(),
});
export const CreateEnterprise = z.object({
  code: EnterpriseCode,
  name: PersonName,
  admin: z.object({ name: PersonName, email: Email }),
});
