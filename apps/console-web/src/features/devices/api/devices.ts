import { keepPreviousData, useQuery } from '@tanstack/react-query';
import { routes } from '@tideline/contracts';
import { callApi } from '#lib/api.ts';
import { queryKeys } from '#lib/query-keys.ts';
import type { DevicesQuery } from '../devices-query.ts';

const REFRESH_MS = 30_000;

export function useDevices(query: DevicesQuery) {
  return useQuery({
    queryKey: [...queryKeys.devices, query],
    queryFn: ({ signal }) => callApi(routes.fleet.devices, { query }, { signal }),
    placeholderData: keepPreviousData,
    refetchInterval: REFRESH_MS,
  });
}
