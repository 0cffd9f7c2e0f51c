import type { BatchRequest, VersionOrigin } from '@tideline/contracts';
import type { z } from 'zod';
import type { MemberPrincipal } from '../platform/principal.ts';
import type { Author } from './batch.store.ts';

/** Who acts, for idempotency and the usable-hash rule: the device, or the person on the web. */
export function actorIdOf(principal: MemberPrincipal): string {
  return principal.kind === 'device' ? principal.deviceId : principal.userId;
}

export function authorOf(principal: MemberPrincipal, origin: z.output<typeof BatchRequest>['origin']): Author {
  const isDevice = principal.kind === 'device';
  const told: VersionOrigin = isDevice ? origin : 'web';
  return {
    actorId: actorIdOf(principal),
    userId: principal.userId,
    deviceId: isDevice ? principal.deviceId : null,
    origin: told,
  };
}
