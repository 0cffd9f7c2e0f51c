import { z } from 'zod';
import {
  FilterRules,
  NodeId,
  SpaceId,
  SpaceKind,
  SyncMode,
  TaskId,
  TaskSettings,
  Timestamp,
} from '@tideline/contracts';

/**
 * What the agent durably knows of one sync task. `creating`: registered perhaps, promised to nobody; removed at the next start.
 * `cancelled`: over for the person; kept only until the server knows it too.
 */
export const TaskRecord = z.object({
  format: z.literal(1),
  id: TaskId,
  state: z.enum(['creating', 'active', 'cancelled']),
  localPath: z.string(),
  cloudPath: z.string(),
  spaceId: SpaceId,
  spaceKind: SpaceKind,
  spaceName: z.string(),
  rootNodeId: NodeId,
  mode: SyncMode,
  settings: TaskSettings,
  /** What the enterprise leaves out besides, as it was told last: it holds without a server, too. */
  policy: FilterRules.optional(),
  pausedByUser: z.boolean(),
  /** Set once a journal was made: without one from then on, state was lost and FI-4 applies. */
  journalMade: z.boolean(),
  createdAt: Timestamp,
  /** The device under which the server knows the task; another one after this home was enrolled again. */
  registeredBy: z.string().optional(),
});
export type TaskRecord = z.infer<typeof TaskRecord>;

/** Everything that leaves files out of a task, besides TA-9: the person's filters, and the policy. */
export function rulesOf({ settings, policy }: Pick<TaskRecord, 'settings' | 'policy'>): readonly FilterRules[] {
  const { exclude, excludeTypes, maxFileBytes } = settings;
  return [{ exclude, excludeTypes, maxFileBytes }, ...(policy ? [policy] : [])];
}
