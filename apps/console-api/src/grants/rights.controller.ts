import { Controller } from '@nestjs/common';
import { routes, type RouteResult } from '@tideline/contracts';
import { DataSource } from 'typeorm';
import { personOf, type MemberPrincipal, type Principal } from '../platform/principal.ts';
import { Caller, Handles, Input, type HandlerInput } from '../platform/route.ts';
import { AccessService } from './access.service.ts';
import { ExplainService } from './explain.service.ts';
import { FolderGrantService } from './folder-grant.service.ts';
import { ImpactService } from './impact.service.ts';

const { explain, viewers, folderGrants, setFolderGrant, removeFolderGrant, preview, receivedShares, givenShares } =
  routes.rights;

/** Rights on folders as people give, see and question them. The operator is a person of no enterprise and has none here. */
@Controller()
export class RightsController {
  constructor(
    private readonly dataSource: DataSource,
    private readonly access: AccessService,
    private readonly grants: FolderGrantService,
    private readonly reasons: ExplainService,
    private readonly impact: ImpactService,
  ) {}

  @Handles(explain)
  explain(
    @Caller() caller: MemberPrincipal,
    @Input() input: HandlerInput<typeof explain>,
  ): Promise<RouteResult<typeof explain>> {
    return this.reasons.explain(caller, input.params.nodeId, input.query.user);
  }

  @Handles(viewers)
  viewers(
    @Caller() caller: Principal,
    @Input() input: HandlerInput<typeof viewers>,
  ): Promise<RouteResult<typeof viewers>> {
    return this.reasons.listViewers(personOf(caller), input.params.nodeId, input.query);
  }

  @Handles(folderGrants)
  async folderGrants(
    @Caller() caller: Principal,
    @Input() input: HandlerInput<typeof folderGrants>,
  ): Promise<RouteResult<typeof folderGrants>> {
    const { rows, next } = await this.grants.listFor(personOf(caller), input.params.nodeId, input.query);
    return { grants: rows, next };
  }

  @Handles(setFolderGrant)
  setFolderGrant(
    @Caller() caller: Principal,
    @Input() input: HandlerInput<typeof setFolderGrant>,
  ): Promise<RouteResult<typeof setFolderGrant>> {
    return this.grants.set(personOf(caller), input.params.nodeId, input.body);
  }

  @Handles(removeFolderGrant)
  async removeFolderGrant(
    @Caller() caller: Principal,
    @Input() input: HandlerInput<typeof removeFolderGrant>,
  ): Promise<RouteResult<typeof removeFolderGrant>> {
    await this.grants.remove(personOf(caller), input.params.nodeId, input.params.grantId);
    return {};
  }

  @Handles(preview)
  preview(
    @Caller() caller: Principal,
    @Input() input: HandlerInput<typeof preview>,
  ): Promise<RouteResult<typeof preview>> {
    return this.impact.preview(personOf(caller), input.body);
  }

  @Handles(receivedShares)
  async receivedShares(@Caller() caller: MemberPrincipal): Promise<RouteResult<typeof receivedShares>> {
    return { shares: await this.access.listReceivedShares(this.dataSource.manager, caller) };
  }

  @Handles(givenShares)
  async givenShares(@Caller() caller: Principal): Promise<RouteResult<typeof givenShares>> {
    return { grants: await this.grants.listGiven(personOf(caller)) };
  }
}
