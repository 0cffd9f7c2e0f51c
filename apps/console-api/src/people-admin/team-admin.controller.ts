import { Controller } from '@nestjs/common';
import { routes, type RouteResult } from '@tideline/contracts';
import type { PersonPrincipal } from '../platform/principal.ts';
import { Caller, Handles, Input, type HandlerInput } from '../platform/route.ts';
import { PeopleImpactService } from './people-impact.service.ts';
import { TeamAdminService } from './team-admin.service.ts';

const { createTeam } = routes.enterprise;
const { updateTeam, deleteTeam, previewTeam, teamMembers, addMember, removeMember } = routes.people;

@Controller()
export class TeamAdminController {
  constructor(
    private readonly service: TeamAdminService,
    private readonly impact: PeopleImpactService,
  ) {}

  @Handles(createTeam)
  createTeam(
    @Caller() caller: PersonPrincipal,
    @Input() input: HandlerInput<typeof createTeam>,
  ): Promise<RouteResult<typeof createTeam>> {
    return this.service.create(caller, input.body);
  }

  @Handles(updateTeam)
  updateTeam(
    @Caller() caller: PersonPrincipal,
    @Input() input: HandlerInput<typeof updateTeam>,
  ): Promise<RouteResult<typeof updateTeam>> {
    return this.service.update(caller, input.params.teamId, input.body);
  }

  @Handles(deleteTeam)
  async deleteTeam(
    @Caller() caller: PersonPrincipal,
    @Input() input: HandlerInput<typeof deleteTeam>,
  ): Promise<RouteResult<typeof deleteTeam>> {
    await this.service.delete(caller, input.params.teamId);
    return {};
  }

  @Handles(teamMembers)
  teamMembers(
    @Caller() caller: PersonPrincipal,
    @Input() input: HandlerInput<typeof teamMembers>,
  ): Promise<RouteResult<typeof teamMembers>> {
    return this.service.members(caller, input.params.teamId);
  }

  @Handles(addMember)
  addMember(
    @Caller() caller: PersonPrincipal,
    @Input() input: HandlerInput<typeof addMember>,
  ): Promise<RouteResult<typeof addMember>> {
    return this.service.addMember(caller, input.params.teamId, input.params.userId);
  }

  @Handles(removeMember)
  removeMember(
    @Caller() caller: PersonPrincipal,
    @Input() input: HandlerInput<typeof removeMember>,
  ): Promise<RouteResult<typeof removeMember>> {
    return this.service.removeMember(caller, input.params.teamId, input.params.userId);
  }

  @Handles(previewTeam)
  previewTeam(
    @Caller() caller: PersonPrincipal,
    @Input() input: HandlerInput<typeof previewTeam>,
  ): Promise<RouteResult<typeof previewTeam>> {
    return this.impact.previewTeam(caller, input.params.teamId, input.body);
  }
}
