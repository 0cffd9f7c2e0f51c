import { useMutation, useQuery, useQueryClient } from '@tanstack/react-query';
import { routes, type RouteAnswer } from '@tideline/contracts';
import { callApi } from '#lib/api.ts';
import { queryKeys } from '#lib/query-keys.ts';
import { useSession } from '#lib/session.ts';

type OwnDevices = RouteAnswer<typeof routes.session.ownDevices>;

/** The socket tells nobody of a newly enrolled device of their own, so the list is asked for now and then. */
const REFRESH_MS = 60_000;

/** Stays empty for an operator, who has neither devices nor a personal space. */
export function useOwnDevices() {
  const session = useSession();
  return useQuery({
    queryKey: queryKeys.ownDevices,
    queryFn: ({ signal }) => callApi(routes.session.ownDevices, {}, { signal }),
    select: (answer) => answer.devices,
    enabled: session.enterprise !== null,
    refetchInterval: REFRESH_MS,
  });
}

export function useOpenPersonalSpace() {
  const queries = useQueryClient();
  return useMutation({
    mutationFn: async (deviceId: string) => {
      const answer = await callApi(routes.session.confirmDevice, { params: { deviceId }, body: { allowed: true } });
      await queries.cancelQueries({ queryKey: queryKeys.ownDevices }); // an older list must not come after this one
      return answer;
    },
    onSuccess: (answer) => queries.setQueryData<OwnDevices>(queryKeys.ownDevices, answer),
  });
}
