import { useMutation, useQuery, useQueryClient } from '@tanstack/react-query';
import { AppError, DeviceId, routes } from '@tideline/contracts';
import { callApi } from '#lib/api.ts';
import { queryKeys } from '#lib/query-keys.ts';

const REFRESH_MS = 30_000;

export function useDevice(id: string) {
  return useQuery({
    queryKey: queryKeys.device(id),
    queryFn: ({ signal }) => callApi(routes.fleet.device, { params: { deviceId: parseId(id) } }, { signal }),
    refetchInterval: REFRESH_MS,
  });
}

/** An address that names no device reads like one that names an unknown device. */
function parseId(id: string): DeviceId {
  const parsed = DeviceId.safeParse(id);
  if (parsed.success) return parsed.data;
  throw new AppError('NOT_FOUND', { what: id });
}

export function useSetLifecycle(deviceId: DeviceId) {
  const queries = useQueryClient();
  return useMutation({
    mutationFn: (lifecycle: 'active' | 'suspended') =>
      callApi(routes.fleet.suspend, { params: { deviceId }, body: { lifecycle } }),
    onSuccess: (detail) => {
      queries.setQueryData(queryKeys.device(deviceId), detail);
      void queries.invalidateQueries({ queryKey: queryKeys.devices });
      void queries.invalidateQueries({ queryKey: queryKeys.overview });
    },
  });
}
