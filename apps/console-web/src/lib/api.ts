import { CSRF_HEADER, type RouteAnswer, type RouteCall, type RouteDef } from '@tideline/contracts';
import { createApiClient, type CallOptions } from '@tideline/drive-client';
import './zod-setup.ts';

/** Proves to the server that a changing request comes from this page; known once the session is. */
let csrfToken = '';
export function rememberCsrfToken(token: string): void {
  csrfToken = token;
}

const client = createApiClient({
  baseUrl: '', // the page's own origin
  headers: (): Record<string, string> => (csrfToken === '' ? {} : { [CSRF_HEADER]: csrfToken }),
});

/** One typed call of the API. What fails is an `AppError`; an aborted call throws the signal's reason. */
export function callApi<R extends RouteDef>(
  route: R,
  input: RouteCall<R>,
  options?: CallOptions,
): Promise<RouteAnswer<R>> {
  return client.call(route, input, options);
}
