import { Controller } from '@nestjs/common';
import { routes, type RouteResult } from '@tideline/contracts';
import { personOf, type PersonPrincipal, type Principal } from '../platform/principal.ts';
import { Caller, Handles, Input, type HandlerInput } from '../platform/route.ts';
import { ActionListService } from './action-list.service.ts';
import { ImpactService } from './impact.service.ts';

const { actionLists, createActionList, updateActionList, removeActionList, previewActionList } = routes.rights;

@Controller()
export class ActionListController {
  constructor(
    private readonly service: ActionListService,
    private readonly impact: ImpactService,
  ) {}

  @Handles(actionLists)
  async actionLists(@Caller() caller: Principal): Promise<RouteResult<typeof actionLists>> {
    return { lists: await this.service.list(personOf(caller).enterpriseId) };
  }

  @Handles(createActionList)
  createActionList(
    @Caller() caller: PersonPrincipal,
    @Input() input: HandlerInput<typeof createActionList>,
  ): Promise<RouteResult<typeof createActionList>> {
    return this.service.create(caller.enterpriseId, input.body);
  }

  @Handles(updateActionList)
  updateActionList(
    @Caller() caller: PersonPrincipal,
    @Input() input: HandlerInput<typeof updateActionList>,
  ): Promise<RouteResult<typeof updateActionList>> {
    return this.service.update(caller.enterpriseId, input.params.listId, input.body);
  }

  @Handles(removeActionList)
  async removeActionList(
    @Caller() caller: PersonPrincipal,
    @Input() input: HandlerInput<typeof removeActionList>,
  ): Promise<RouteResult<typeof removeActionList>> {
    await this.service.remove(caller.enterpriseId, input.params.listId);
    return {};
  }

  @Handles(previewActionList)
  previewActionList(
    @Caller() caller: PersonPrincipal,
    @Input() input: HandlerInput<typeof previewActionList>,
  ): Promise<RouteResult<typeof previewActionList>> {
    return this.impact.previewList(caller, input.params.listId, input.body.atoms);
  }
}
