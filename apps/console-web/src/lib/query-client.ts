import { MutationCache, QueryCache, QueryClient } from '@tanstack/react-query';
import { AppError } from '@tideline/contracts';
import { hasCode } from './shown-error.ts';
import { queryKeys } from './query-keys.ts';

const MAX_RETRIES = 2;
const WORTH_RETRYING = new Set(['SERVER_UNREACHABLE', 'UNAVAILABLE']);

export function createQueryClient(): QueryClient {
  const client: QueryClient = new QueryClient({
    queryCache: new QueryCache({ onError: (error) => forgetSession(client, error) }),
    mutationCache: new MutationCache({ onError: (error) => forgetSession(client, error) }),
    defaultOptions: {
      queries: {
        retry: (failures, error) =>
          failures < MAX_RETRIES && error instanceof AppError && WORTH_RETRYING.has(error.code),
        staleTime: 5_000,
      },
    },
  });
  return client;
}

/** A session that ended elsewhere: the gate sees it gone and asks to sign in again. */
function forgetSession(client: QueryClient, error: unknown): void {
  if (hasCode(error, 'NOT_SIGNED_IN')) client.setQueryData(queryKeys.session, null);
}
