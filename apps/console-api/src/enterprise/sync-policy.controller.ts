import { Controller } from '@nestjs/common';
import { routes, type RouteResult } from '@tideline/contracts';
import type { PersonPrincipal } from '../platform/principal.ts';
import { Caller, Handles, Input, type HandlerInput } from '../platform/route.ts';
import { SyncPolicyService } from './sync-policy.service.ts';

const { syncPolicy, setSyncPolicy } = routes.enterprise;

@Controller()
export class SyncPolicyController {
  constructor(private readonly policies: SyncPolicyService) {}

  @Handles(syncPolicy)
  syncPolicy(@Caller() caller: PersonPrincipal): Promise<RouteResult<typeof syncPolicy>> {
    return this.policies.get(caller.enterpriseId);
  }

  @Handles(setSyncPolicy)
  setSyncPolicy(
    @Caller() caller: PersonPrincipal,
    @Input() input: HandlerInput<typeof setSyncPolicy>,
  ): Promise<RouteResult<typeof setSyncPolicy>> {
    return this.policies.set(caller.enterpriseId, input.body);
  }
}
