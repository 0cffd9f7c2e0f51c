import { TeamId, UserId } from '@tideline/contracts';
import { z } from 'zod';
import type { NewToken } from './api/enrollment.ts';

const Person = z.object({ id: UserId, name: z.string(), email: z.string() });
export type TokenPerson = z.infer<typeof Person>;
const FormTeam = z.object({ id: TeamId, name: z.string() });
export type TokenTeam = z.infer<typeof FormTeam>;

export const VALID_HOURS = [24, 72, 168, 720] as const;

/** PE-5: a token names the users or the team it is for. */
export const TokenForm = z
  .object({
    label: z.string().trim().min(1).max(100),
    forWhom: z.enum(['users', 'team']),
    users: z.array(Person).max(1000),
    team: FormTeam.nullable(),
    uses: z.coerce.number<string | number>().int().min(1).max(100_000),
    validHours: z.coerce.number<string | number>().int(),
  })
  .refine((form) => form.forWhom !== 'users' || form.users.length > 0, { path: ['users'] })
  .refine((form) => form.forWhom !== 'team' || form.team !== null, { path: ['team'] });
export type TokenFormInput = {
  label: string;
  forWhom: 'users' | 'team';
  users: TokenPerson[];
  team: TokenTeam | null;
  uses: string | number;
  validHours: string | number;
};

export function toNewToken(form: z.output<typeof TokenForm>): NewToken {
  const { label, uses, validHours } = form;
  const whom =
    form.forWhom === 'users'
      ? { userIds: form.users.map((user) => user.id), teamId: null }
      : { userIds: [], teamId: form.team?.id ?? null };
  return { label, maxUses: uses, validHours, ...whom };
}
