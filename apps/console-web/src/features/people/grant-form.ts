import { NodeId, SyncRight, TeamId, UserId } from '@tideline/contracts';
import { z } from 'zod';
import type { NewGrant } from './api/people.ts';

const Target = z.discriminatedUnion('type', [
  z.object({ type: z.literal('user'), id: UserId, name: z.string() }),
  z.object({ type: z.literal('team'), id: TeamId, name: z.string() }),
]);
export type GrantTarget = z.infer<typeof Target>;
const Folder = z.object({ nodeId: NodeId, label: z.string() });
export type GrantFolder = z.infer<typeof Folder>;

/** What the form holds while it is filled in; a chosen day counts to its end where the admin is. */
export const GrantForm = z.object({
  to: Target.nullable().transform(required),
  folder: Folder.nullable().transform(required),
  syncRight: SyncRight,
  lastDay: z.date().nullable(),
});
export type GrantFormInput = {
  to: GrantTarget | null;
  folder: GrantFolder | null;
  syncRight: SyncRight;
  lastDay: Date | null;
};

function required<T>(value: T | null, context: z.RefinementCtx): T {
  if (value !== null) return value;
  context.addIssue({ code: 'custom' });
  return z.NEVER;
}

export function toNewGrant(form: z.output<typeof GrantForm>): NewGrant {
  const { to, folder, syncRight, lastDay } = form;
  const target = to.type === 'user' ? { type: to.type, id: to.id } : { type: to.type, id: to.id };
  return { nodeId: folder.nodeId, to: target, syncRight, expiresAt: lastDay === null ? null : endOfDay(lastDay) };
}

function endOfDay(day: Date): string {
  const end = new Date(day);
  end.setHours(23, 59, 59, 999);
  return end.toISOString();
}
