import { Injectable } from '@nestjs/common';
import { UserId, type ImportAction, type ImportAnswer, type ImportUsers, type Invitation } from '@tideline/contracts';
import { DataSource, type EntityManager } from 'typeorm';
import { v7 as uuidv7 } from 'uuid';
import type { z } from 'zod';
import type { PersonPrincipal } from '../platform/principal.ts';
import { SpaceMaker } from '../platform/space-maker.ts';
import { inTransaction } from '../platform/transaction.ts';
import { Announcer } from './announcer.ts';
import { emailsOf, planImport, type ImportPlan, type Planned } from './import-plan.ts';
import { readTable, type TableLine } from './import-table.ts';
import {
  insertPeople,
  lockKnownUsers,
  setImportedQuotas,
  setImportedTeams,
  updatePeople,
  type ImportedPerson,
} from './import.store.ts';
import { InvitationService } from './invitation.service.ts';
import { loadReach } from './reach.ts';
import { orAlreadyExists } from './unique.ts';

/** Users from a table: decided whole, then done whole in one transaction, or not at all. */
@Injectable()
export class ImportService {
  constructor(
    private readonly dataSource: DataSource,
    private readonly spaces: SpaceMaker,
    private readonly invitations: InvitationService,
    private readonly announcer: Announcer,
  ) {}

  async import(caller: PersonPrincipal, wanted: z.output<typeof ImportUsers>): Promise<ImportAnswer> {
    const table = readTable(wanted.csv);
    if (table.problems.length > 0) return toAnswer({ people: [], problems: table.problems }, null);
    const { plan, invitations } = await this.#decideAndDo(caller, table.lines, wanted.dryRun);
    const isChanged = invitations !== null && plan.people.some((each) => each.action !== 'unchanged');
    if (isChanged) await this.announcer.membershipChanged(caller.enterpriseId);
    return toAnswer(plan, invitations);
  }

  /** `invitations` null: nothing was done. */
  #decideAndDo(
    caller: PersonPrincipal,
    lines: readonly TableLine[],
    dryRun: boolean,
  ): Promise<{ plan: ImportPlan; invitations: Invitation[] | null }> {
    const work = async (manager: EntityManager) => {
      const reach = await loadReach(manager, caller);
      const known = await lockKnownUsers(manager, caller, emailsOf(lines));
      const plan = planImport(lines, { reach, known });
      if (dryRun || plan.problems.length > 0) return { plan, invitations: null };
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

function toAnswer(plan: ImportPlan, invitations: Invitation[] | null): ImportAnswer {
  const count = (action: ImportAction) => plan.people.filter((each) => each.action === action).length;
  return {
    applied: invitations !== null,
    created: count('create'),
    updated: count('update'),
    unchanged: count('unchanged'),
    problems: [...plan.problems],
    lines: plan.people.map(({ line, email, action }) => ({ line, email, action })),
    invitations: invitations ?? [],
  };
}
