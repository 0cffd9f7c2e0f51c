import { z } from 'zod';
import { Atom, NodeKind, SpaceKind, SyncRight } from './drive.ts';
import { FolderRole } from './folder-role.ts';
import { Grant, Identity } from './identity.ts';
import { DeviceId, GrantId, NodeId, SpaceId, TaskId, Timestamp, UserId } from './ids.ts';
import { SyncMode } from './task.ts';
import { Text } from './text.ts';

export const ActionListId = z.uuid().brand<'ActionListId'>();
export type ActionListId = z.infer<typeof ActionListId>;

/** PE-6: a list of atoms that an enterprise made for itself, given on folders like a role. */
export const ActionList = z.object({
  id: ActionListId,
  name: z.string(),
  atoms: z.array(Atom),
  /** On how many folders and identities it is given now. */
  grants: z.int(),
});
export type ActionList = z.infer<typeof ActionList>;
export const SaveActionList = z.object({
  name: Text.trim().min(1).max(100),
  /** Names its atoms one by one; without any it hides the folder. */
  atoms: z
    .array(Atom)
    .max(100)
    .transform((atoms) => [...new Set(atoms)]),
});
export type SaveActionList = z.infer<typeof SaveActionList>;

const grantBody = {
  to: Identity,
  /** One of `role` and `actionListId`; `null` for both takes the role away. What is absent stays as it is. */
  role: FolderRole.nullable().optional(),
  actionListId: ActionListId.nullable().optional(),
  /** PE-1: an axis of its own; `none` withholds what a folder above gives, `null` says nothing. Absent: stays as it is. */
  syncRight: SyncRight.nullable().optional(),
  /** Whether members of teams below have it too; means nothing for a user. */
  subTeams: z.boolean().default(true),
  /** Of what the request names, and of nothing else; of both axes where it names neither. */
  expiresAt: Timestamp.nullable().default(null),
};
/** What is given on a folder to one user or team: there is one such grant, giving again changes it. */
export const SetFolderGrant = z.object(grantBody);
export type SetFolderGrant = z.infer<typeof SetFolderGrant>;

/** A grant with both of its axes; `expiresAt` is the end of its role or list. */
export const FolderGrant = Grant.extend({
  role: FolderRole.nullable(),
  actionList: z.object({ id: ActionListId, name: z.string() }).nullable(),
  /** Of the role or list; `null` when the grant says nothing about actions. */
  atoms: z.array(Atom).nullable(),
  syncRight: SyncRight.nullable(),
  syncExpiresAt: Timestamp.nullable(),
  subTeams: z.boolean(),
  /** All that it says has ended. */
  expired: z.boolean(),
  /** Given on a folder above the asked one. */
  inherited: z.boolean(),
});
export type FolderGrant = z.infer<typeof FolderGrant>;

/** Where a right comes from: the own personal space, the account's role, what everybody of the space has, grants, or nowhere. */
export const RightSource = z.enum(['own_space', 'account_role', 'default', 'grant', 'sync_right', 'passage', 'none']);
export type RightSource = z.infer<typeof RightSource>;
/** A grant that decided, and through whom it reached the person. */
export const DecidingGrant = z.object({
  grantId: GrantId,
  nodeId: NodeId,
  /** Name of the folder it was given on, as the asking person may see it. */
  folder: z.string().nullable(),
  to: z.object({ type: z.enum(['user', 'team']), id: z.uuid(), name: z.string() }),
  role: FolderRole.nullable(),
  actionList: z.string().nullable(),
  syncRight: SyncRight.nullable(),
  /** Of the role or list. */
  expiresAt: Timestamp.nullable(),
  syncExpiresAt: Timestamp.nullable(),
});
export type DecidingGrant = z.infer<typeof DecidingGrant>;
export const RightsExplanation = z.object({
  nodeId: NodeId,
  user: z.object({ id: UserId, name: z.string() }),
  atoms: z.array(z.object({ atom: Atom, allowed: z.boolean(), source: RightSource, grantIds: z.array(GrantId) })),
  syncRight: z.object({ right: SyncRight, source: RightSource, grantIds: z.array(GrantId) }),
  mayGrant: z.boolean(),
  grants: z.array(DecidingGrant),
});
export type RightsExplanation = z.infer<typeof RightsExplanation>;

/** A person who may see a folder. */
export const FolderViewer = z.object({
  user: z.object({ id: UserId, name: z.string(), email: z.string() }),
  atoms: z.array(Atom),
  syncRight: SyncRight,
  source: RightSource,
});
export type FolderViewer = z.infer<typeof FolderViewer>;
export const ViewersQuery = z.object({
  after: Text.max(1000).optional(),
  limit: z.coerce.number().int().min(1).max(200).default(50),
});

/** A change of rights that is thought about: nothing is changed by asking. */
export const RightsChange = z.discriminatedUnion('change', [
  z.object({ change: z.literal('set'), nodeId: NodeId, ...grantBody }),
  z.object({ change: z.literal('remove'), grantId: GrantId }),
]);
export type RightsChange = z.infer<typeof RightsChange>;
/** Other actions in a list that is given on folders. */
export const ActionListChange = SaveActionList.pick({ atoms: true });
export const MAX_IMPACT_TASKS = 100;
export const RightsImpact = z.object({
  /** Tasks that run by right now and would not any more, and the other way round. */
  pausedTasks: z.int(),
  resumedTasks: z.int(),
  /** Tasks that go on, but have a folder inside where the person's rights would be others. */
  changedTasks: z.int(),
  devices: z.int(),
  people: z.int(),
  /** False: there was too much inside to look at, so that more tasks than these may be changed. All others are counted. */
  isWhole: z.boolean(),
  /** The first of them; folder names are left out. */
  tasks: z
    .array(
      z.object({
        taskId: TaskId,
        deviceId: DeviceId,
        deviceName: z.string(),
        userName: z.string(),
        mode: SyncMode,
        effect: z.enum(['paused', 'resumed', 'changed']),
      }),
    )
    .max(MAX_IMPACT_TASKS),
});
export type RightsImpact = z.infer<typeof RightsImpact>;

/** A folder of somebody else's personal space, or of a team space, granted to me. */
export const ReceivedShare = z.object({
  /** The shared folder; `share/<nodeId>:/` names it whatever it is called. */
  nodeId: NodeId,
  spaceId: SpaceId,
  spaceKind: SpaceKind,
  /** Name of the folder; of the space when all of it is shared. */
  name: z.string(),
  /** Whose it is: the person or the team. */
  from: z.string(),
  /** As short as it is unambiguous. */
  cloudPath: z.string(),
  atoms: z.array(Atom),
  syncRight: SyncRight,
});
export type ReceivedShare = z.infer<typeof ReceivedShare>;

export const TransferRequest = z.object({ to: UserId });
/** Where a transferred node is now: below `Received transfers/` of the receiver's personal space. */
export const TransferAnswer = z.object({ nodeId: NodeId, kind: NodeKind, name: z.string(), to: z.string() });
export type TransferAnswer = z.infer<typeof TransferAnswer>;
