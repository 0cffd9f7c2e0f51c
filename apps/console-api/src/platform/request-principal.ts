import { AppError } from '@tideline/contracts';
import type { Principal } from './principal.ts';

/** Kept beside the request, so that nothing a client sends can be taken for it. */
const principals = new WeakMap<object, Principal>();

export function setCaller(request: object, principal: Principal): void {
  principals.set(request, principal);
}

export function findCaller(request: object): Principal | undefined {
  return principals.get(request);
}

export function callerOf(request: object): Principal {
  const principal = principals.get(request);
  if (!principal) throw new AppError('NOT_SIGNED_IN');
  return principal;
}
