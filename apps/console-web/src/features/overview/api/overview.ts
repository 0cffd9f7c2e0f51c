import { useQuery } from '@tanstack/react-query';
import { routes } from '@tideline/contracts';
import { callApi } from '#lib/api.ts';
import { queryKeys } from '#lib/query-keys.ts';

const REFRESH_MS = 30_000;

export function useOverview() {
  return useQuery({
    queryKey: queryKeys.overview,
    queryFn: ({ signal }) => callApi(routes.fleet.overview, {}, { signal }),
    refetchInterval: REFRESH_MS,
  });
}
