import { Controller } from '@nestjs/common';
import { routes, type RouteResult } from '@tideline/contracts';
import { personOf, type Principal } from '../platform/principal.ts';
import { Caller, Handles, Input, type HandlerInput } from '../platform/route.ts';
import { NoticeService } from './notice.service.ts';

const { notices, seenNotices } = routes.session;

@Controller()
export class NoticeController {
  constructor(private readonly service: NoticeService) {}

  @Handles(notices)
  list(@Caller() caller: Principal): Promise<RouteResult<typeof notices>> {
    return this.service.list(personOf(caller));
  }

  @Handles(seenNotices)
  markSeen(
    @Caller() caller: Principal,
    @Input() input: HandlerInput<typeof seenNotices>,
  ): Promise<RouteResult<typeof seenNotices>> {
    return this.service.markSeen(personOf(caller), input.body.ids);
  }
}
