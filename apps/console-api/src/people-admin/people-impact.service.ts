import { Injectable } from '@nestjs/common';
import type { RightsImpact, TeamChange, TeamId, UserChange, UserId } from '@tideline/contracts';
import { DataSource, type EntityManager } from 'typeorm';
import { ImpactService } from '../grants/impact.service.ts';
import type { PeopleShift, UserShift } from '../grants/people-shift.ts';
import type { PersonPrincipal } from '../platform/principal.ts';
import { inSnapshot } from '../platform/transaction.ts';
import type { AdminUser } from './people-admin.store.ts';
import { viewReach, viewTarget, type Reach } from './reach.ts';
import { requireEmpty } from './team-admin.store.ts';
import { requireMemberChange, requireMovable, requireRoomFor, requireShapeable } from './team-refusals.ts';
import { requireChangeable, requireDeleter, requireRemovable } from './user-refusals.ts';

type Plan = (manager: EntityManager) => Promise<PeopleShift>;

/** PE-2: says what a change of people would do to sync tasks, to those who may make the change. Changes nothing. */
@Injectable()
export class PeopleImpactService {
  constructor(
    private readonly dataSource: DataSource,
    private readonly impact: ImpactService,
  ) {}

  previewUser(caller: PersonPrincipal, userId: UserId, change: UserChange): Promise<RightsImpact> {
    return this.#measure(caller, async (manager) => {
      const target = await viewTarget(manager, caller, userId);
      if (change.change === 'update') {
        requireChangeable(target, change);
        return ofUsers([shiftOf(target.user, change)]);
      }
      requireRemovable(target);
      if (change.change === 'disable') return ofUsers([shiftOf(target.user, { disabled: change.disabled })]);
      requireDeleter(target.reach);
      return { ...ofUsers([shiftOf(target.user, { disabled: true })]), closesSpaceOf: userId };
    });
  }

  previewTeam(caller: PersonPrincipal, teamId: TeamId, change: TeamChange): Promise<RightsImpact> {
    return this.#measure(caller, async (manager) => {
      if (change.change !== 'member') {
        const reach = await viewReach(manager, caller);
        requireShapeable(reach, teamId);
        if (change.change === 'move') return planMove(reach, teamId, change.parentId);
        // A team that can be deleted has no members: only its space says something to somebody.
        await requireEmpty(manager, { enterpriseId: caller.enterpriseId, teamId });
        return { ...ofUsers([]), closesSpaceOf: teamId };
      }
      const target = await viewTarget(manager, caller, change.userId);
      requireMemberChange(target, teamId);
      if (change.member) requireRoomFor(target, teamId);
      const others = target.user.teamIds.filter((id) => id !== teamId);
      return ofUsers([shiftOf(target.user, { teamIds: change.member ? [...others, teamId] : others })]);
    });
  }

  #measure(caller: PersonPrincipal, plan: Plan): Promise<RightsImpact> {
    const work = async (manager: EntityManager) =>
      this.impact.measureShift(manager, caller.enterpriseId, await plan(manager));
    return inSnapshot(this.dataSource, work);
  }
}

function planMove(reach: Reach, teamId: TeamId, parentId: TeamId | null): PeopleShift {
  requireMovable(reach, teamId, parentId);
  return { kind: 'team', teamId, parentId };
}

function ofUsers(users: readonly UserShift[]): PeopleShift {
  return { kind: 'users', users };
}

export function shiftOf(
  user: AdminUser,
  to: {
    readonly role?: AdminUser['role'] | undefined;
    readonly teamIds?: readonly TeamId[] | undefined;
    readonly disabled?: boolean;
  },
): UserShift {
  const { role = user.role, teamIds = user.teamIds, disabled = user.disabled } = to;
  return { userId: user.id, role, teamIds, isActive: { before: !user.disabled, after: !disabled } };
}
