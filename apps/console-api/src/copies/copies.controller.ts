import { Controller } from '@nestjs/common';
import { routes, type RouteResult } from '@tideline/contracts';
import type { MemberPrincipal } from '../platform/principal.ts';
import { Caller, Handles, Input, type HandlerInput } from '../platform/route.ts';
import { CopyListService } from './copy-list.service.ts';
import { CopyService } from './copy.service.ts';
import { SpaceMoveService } from './space-move.service.ts';

const { cancelCopy, copyNode, copyState, moveToSpace, spaceCopies } = routes.copy;

@Controller()
export class CopiesController {
  constructor(
    private readonly copies: CopyService,
    private readonly lists: CopyListService,
    private readonly moves: SpaceMoveService,
  ) {}

  @Handles(copyNode)
  copyNode(
    @Caller() caller: MemberPrincipal,
    @Input() input: HandlerInput<typeof copyNode>,
  ): Promise<RouteResult<typeof copyNode>> {
    return this.copies.copy(caller, input.params.nodeId, input.body);
  }

  @Handles(copyState)
  copyState(
    @Caller() caller: MemberPrincipal,
    @Input() input: HandlerInput<typeof copyState>,
  ): Promise<RouteResult<typeof copyState>> {
    return this.copies.getState(caller, input.params.copyId);
  }

  @Handles(spaceCopies)
  spaceCopies(
    @Caller() caller: MemberPrincipal,
    @Input() input: HandlerInput<typeof spaceCopies>,
  ): Promise<RouteResult<typeof spaceCopies>> {
    return this.lists.list(caller, input.params.spaceId, input.query);
  }

  @Handles(cancelCopy)
  cancelCopy(
    @Caller() caller: MemberPrincipal,
    @Input() input: HandlerInput<typeof cancelCopy>,
  ): Promise<RouteResult<typeof cancelCopy>> {
    return this.copies.cancel(caller, input.params.copyId);
  }

  @Handles(moveToSpace)
  moveToSpace(
    @Caller() caller: MemberPrincipal,
    @Input() input: HandlerInput<typeof moveToSpace>,
  ): Promise<RouteResult<typeof moveToSpace>> {
    return this.moves.move(caller, input.params.nodeId, input.body);
  }
}
