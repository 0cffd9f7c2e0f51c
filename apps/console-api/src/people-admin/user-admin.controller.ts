import { Controller } from '@nestjs/common';
import { RouteConfig } from '@nestjs/platform-fastify';
import { routes, type RouteResult } from '@tideline/contracts';
import { INVITATION_RATE } from '../identity/rate-limits.ts';
import type { PersonPrincipal } from '../platform/principal.ts';
import { Caller, Handles, Input, type HandlerInput } from '../platform/route.ts';
import { ImportService } from './import.service.ts';
import { InvitationService } from './invitation.service.ts';
import { PeopleImpactService } from './people-impact.service.ts';
import { UserAdminService } from './user-admin.service.ts';

const { createUser } = routes.enterprise;
const { updateUser, disableUser, deleteUser, previewUser, inviteUser, acceptInvitation, importUsers } = routes.people;

@Controller()
export class UserAdminController {
  constructor(
    private readonly users: UserAdminService,
    private readonly invitations: InvitationService,
    private readonly imports: ImportService,
    private readonly impact: PeopleImpactService,
  ) {}

  @Handles(createUser)
  createUser(
    @Caller() caller: PersonPrincipal,
    @Input() input: HandlerInput<typeof createUser>,
  ): Promise<RouteResult<typeof createUser>> {
    return this.users.create(caller, input.body);
  }

  @Handles(updateUser)
  updateUser(
    @Caller() caller: PersonPrincipal,
    @Input() input: HandlerInput<typeof updateUser>,
  ): Promise<RouteResult<typeof updateUser>> {
    return this.users.update(caller, input.params.userId, input.body);
  }

  @Handles(disableUser)
  disableUser(
    @Caller() caller: PersonPrincipal,
    @Input() input: HandlerInput<typeof disableUser>,
  ): Promise<RouteResult<typeof disableUser>> {
    return this.users.setDisabled(caller, input.params.userId, input.body.disabled);
  }

  @Handles(deleteUser)
  deleteUser(
    @Caller() caller: PersonPrincipal,
    @Input() input: HandlerInput<typeof deleteUser>,
  ): Promise<RouteResult<typeof deleteUser>> {
    return this.users.delete(caller, input.params.userId, input.query.successorId);
  }

  @Handles(inviteUser)
  inviteUser(
    @Caller() caller: PersonPrincipal,
    @Input() input: HandlerInput<typeof inviteUser>,
  ): Promise<RouteResult<typeof inviteUser>> {
    return this.invitations.invite(caller, input.params.userId);
  }

  @Handles(acceptInvitation)
  @RouteConfig({ rateLimit: INVITATION_RATE })
  async acceptInvitation(
    @Input() input: HandlerInput<typeof acceptInvitation>,
  ): Promise<RouteResult<typeof acceptInvitation>> {
    await this.invitations.accept(input.body.secret, input.body.password);
    return {};
  }

  @Handles(importUsers)
  importUsers(
    @Caller() caller: PersonPrincipal,
    @Input() input: HandlerInput<typeof importUsers>,
  ): Promise<RouteResult<typeof importUsers>> {
    return this.imports.import(caller, input.body);
  }

  @Handles(previewUser)
  previewUser(
    @Caller() caller: PersonPrincipal,
    @Input() input: HandlerInput<typeof previewUser>,
  ): Promise<RouteResult<typeof previewUser>> {
    return this.impact.previewUser(caller, input.params.userId, input.body);
  }
}
