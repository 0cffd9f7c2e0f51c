import { Controller } from '@nestjs/common';
import { routes, type RouteResult } from '@tideline/contracts';
import type { MemberPrincipal, PersonPrincipal } from '../platform/principal.ts';
import { Caller, Handles, Input, type HandlerInput } from '../platform/route.ts';
import { RetentionService } from './retention.service.ts';
import { VersionService } from './version.service.ts';

const { versions, keptVersions } = routes.drive;
const { restoreVersion, updateVersion, deleteVersion, retention, setRetention } = routes.versions;

@Controller()
export class VersionsController {
  constructor(
    private readonly history: VersionService,
    private readonly policies: RetentionService,
  ) {}

  @Handles(versions)
  versions(
    @Caller() caller: MemberPrincipal,
    @Input() input: HandlerInput<typeof versions>,
  ): Promise<RouteResult<typeof versions>> {
    return this.history.list(caller, input.params.nodeId);
  }

  @Handles(keptVersions)
  async keptVersions(
    @Caller() caller: MemberPrincipal,
    @Input() input: HandlerInput<typeof keptVersions>,
  ): Promise<RouteResult<typeof keptVersions>> {
    return { kept: await this.history.listKept(caller, input.params.spaceId, input.body.versions) };
  }

  @Handles(restoreVersion)
  restoreVersion(
    @Caller() caller: MemberPrincipal,
    @Input() input: HandlerInput<typeof restoreVersion>,
  ): Promise<RouteResult<typeof restoreVersion>> {
    return this.history.restore(caller, input.params, input.body.ifMatch);
  }

  @Handles(updateVersion)
  updateVersion(
    @Caller() caller: MemberPrincipal,
    @Input() input: HandlerInput<typeof updateVersion>,
  ): Promise<RouteResult<typeof updateVersion>> {
    return this.history.update(caller, input.params, input.body);
  }

  @Handles(deleteVersion)
  async deleteVersion(
    @Caller() caller: MemberPrincipal,
    @Input() input: HandlerInput<typeof deleteVersion>,
  ): Promise<RouteResult<typeof deleteVersion>> {
    await this.history.remove(caller, input.params, input.query.evenProtected === 'true');
    return {};
  }

  @Handles(retention)
  retention(@Caller() caller: PersonPrincipal): Promise<RouteResult<typeof retention>> {
    return this.policies.get(caller.enterpriseId);
  }

  @Handles(setRetention)
  setRetention(
    @Caller() caller: PersonPrincipal,
    @Input() input: HandlerInput<typeof setRetention>,
  ): Promise<RouteResult<typeof setRetention>> {
    return this.policies.set(caller.enterpriseId, input.body);
  }
}
