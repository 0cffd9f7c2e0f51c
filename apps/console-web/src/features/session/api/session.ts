import { useMutation, useQuery, useQueryClient, type QueryClient } from '@tanstack/react-query';
import { routes, type Session } from '@tideline/contracts';
import { callApi, rememberCsrfToken } from '#lib/api.ts';
import { queryKeys } from '#lib/query-keys.ts';
import { hasCode } from '#lib/shown-error.ts';

/** Who is signed in; `null` when nobody is. */
export function useSessionQuery() {
  return useQuery({
    queryKey: queryKeys.session,
    queryFn: ({ signal }) => findSession(signal),
    staleTime: 60_000,
  });
}

async function findSession(signal: AbortSignal): Promise<Session | null> {
  try {
    const session = await callApi(routes.session.current, {}, { signal });
    rememberCsrfToken(session.csrfToken);
    return session;
  } catch (error) {
    if (hasCode(error, 'NOT_SIGNED_IN')) return null;
    throw error;
  }
}

export type Credentials = { enterpriseCode?: string; email: string; password: string };

export function useLogin() {
  const queries = useQueryClient();
  return useMutation({
    mutationFn: (credentials: Credentials) => callApi(routes.session.login, { body: credentials }),
    onSuccess: (session) => {
      rememberCsrfToken(session.csrfToken);
      startAs(queries, session);
    },
  });
}

export function useLogout() {
  const queries = useQueryClient();
  return useMutation({
    mutationFn: () => callApi(routes.session.logout, {}),
    onSuccess: () => startAs(queries, null),
  });
}

/** Nothing of whoever was here before stays. */
function startAs(queries: QueryClient, session: Session | null): void {
  queries.setQueryData(queryKeys.session, session);
  queries.removeQueries({ predicate: ({ queryKey }) => queryKey[0] !== queryKeys.session[0] });
}
