import { Injectable } from '@nestjs/common';
import {
  UserId,
  type ImportAction,
  type ImportAnswer,
  type ImportUsers,
  type Invitation,
  type RightsImpact,
} from '@tideline/contracts';
import { DataSource, type EntityManager } from 'typeorm';
import { v7 as uuidv7 } from 'uuid';
import type { z } from 'zod';
import { ImpactService } from '../grants/impact.service.ts';
import type { UserShift } from '../grants/people-shift.ts';
import type { PersonPrincipal } from '../platform/principal.ts';
import { SpaceMaker } from '../platform/space-maker.ts';
import { inSnapshot, inTransaction } from '../platform/transaction.ts';
import { Announcer } from './announcer.ts';
import { emailsOf, planImport, type ImportPlan, type KnownUser, type Planned } from './import-plan.ts';
import { readTable, type TableLine } from './import-table.ts';
import {
  findKnownUsers,
  insertPeople,
  lockKnownUsers,
  setImportedQuotas,
  setImportedTeams,
  updatePeople,
  type ImportedPerson,
} from './import.store.ts';
import { InvitationService } from './invitation.service.ts';
import { shiftOf } from './people-impact.service.ts';
import { loadReach, viewReach } from './reach.ts';
import { orAlreadyExists } from './unique.ts';

/** Users from a table: decided whole, then done whole in one transaction, or not at all. */
@Injectable()
export class ImportService {
  constructor(
    private readonly dataSource: DataSource,
    private readonly spaces: SpaceMaker,
    private readonly invitations: InvitationService,
    private readonly announcer: Announcer,
    private readonly impact: ImpactService,
  ) {}

  async import(caller: PersonPrincipal, wanted: z.output<typeof ImportUsers>): Promise<ImportAnswer> {
    const table = readTable(wanted.csv);
    if (table.problems.length > 0) return toAnswer({ people: [], problems: table.problems }, NOTHING_DONE);
    if (wanted.dryRun) return this.#preview(caller, table.lines);
    const { plan, invitations } = await this.#decideAndDo(caller, table.lines);
    const isChanged = invitations !== null && plan.people.some((each) => each.action !== 'unchanged');
    if (isChanged) await this.announcer.membershipChanged(caller.enterpriseId);
    return toAnswer(plan, { invitations, impact: null });
  }

  #preview(caller: PersonPrincipal, lines: readonly TableLine[]): Promise<ImportAnswer> {
    return inSnapshot(this.dataSource, async (manager) => {
      const reach = await viewReach(manager, caller);
      const known = await findKnownUsers(manager, caller, emailsOf(lines));
      const plan = planImport(lines, { reach, known });
      if (plan.problems.length > 0) return toAnswer(plan, NOTHING_DONE);
      const users = plan.people.flatMap((each) => toShift(each, known.get(each.email)) ?? []);
      const impact = await this.impact.measureShift(manager, caller.enterpriseId, { kind: 'users', users });
      return toAnswer(plan, { invitations: null, impact });
    });
  }

  /** `invitations` null: nothing was done. */
  #decideAndDo(
    caller: PersonPrincipal,
    lines: readonly TableLine[],
  ): Promise<{ plan: ImportPlan; invitations: Invitation[] | null }> {
    const work = async (manager: EntityManager) => {
      const reach = await loadReach(manager, caller);
      const known = await lockKnownUsers(manager, caller, emailsOf(lines));
      const plan = planImport(lines, { reach, known });
      if (plan.problems.length > 0) return { plan, invitations: null };
      return { plan, invitations: await this.#apply(manager, caller, plan.people) };
    };
    return orAlreadyExists('A user of the table', () => inTransaction(this.dataSource, work));
  }

  async #apply(manager: EntityManager, caller: PersonPrincipal, planned: readonly Planned[]): Promise<Invitation[]> {
    const { enterpriseId } = caller;
    const made = planned.filter((each) => each.action === 'create').map(withNewId);
    const changed = planned.filter((each) => each.action === 'update').map(withId);
    await insertPeople(manager, caller, made);
    await this.spaces.createSpaces(
      manager,
      made.map(({ userId, name }) => ({ enterpriseId, kind: 'personal', name, ownerUserId: userId }) as const),
    );
    await updatePeople(manager, caller, changed);
    await setImportedTeams(manager, caller, [...made, ...changed]);
    await setImportedQuotas(manager, caller, [...made, ...changed]);
    const invited = made.map(({ userId, email }) => ({ id: userId, email }));
    return this.invitations.inviteAll(manager, enterpriseId, invited);
  }
}

function withNewId(person: Planned): ImportedPerson {
  return { ...person, userId: UserId.parse(uuidv7()) };
}

function withId(person: Planned): ImportedPerson {
  if (!person.userId) throw new Error('a known user has an id');
  return { ...person, userId: person.userId };
}

/** New users have no tasks yet. */
function toShift(planned: Planned, known: KnownUser | undefined): UserShift | undefined {
  return known && planned.action === 'update' ? shiftOf(known, planned) : undefined;
}

/** `invitations` null: nothing was done. */
type Outcome = { readonly invitations: Invitation[] | null; readonly impact: RightsImpact | null };
const NOTHING_DONE: Outcome = { invitations: null, impact: null };

function toAnswer(plan: ImportPlan, { invitations, impact }: Outcome): ImportAnswer {
  const count = (action: ImportAction) => plan.people.filter((each) => each.action === action).length;
  return {
    applied: invitations !== null,
    created: count('create'),
    updated: count('update'),
    unchanged: count('unchanged'),
    problems: [...plan.problems],
    lines: plan.people.map(({ line, email, action }) => ({ line, email, action })),
    invitations: invitations ?? [],
    impact,
  };
}
