import { useMutation, useQuery, useQueryClient } from '@tanstack/react-query';
import { routes, type GrantId, type RouteCall } from '@tideline/contracts';
import { callApi } from '#lib/api.ts';
import { queryKeys } from '#lib/query-keys.ts';

export function useUsers() {
  return useQuery({
    queryKey: [...queryKeys.people, 'users'],
    queryFn: ({ signal }) => callApi(routes.enterprise.users, {}, { signal }),
    select: (answer) => answer.users,
  });
}

export function useTeams() {
  return useQuery({
    queryKey: [...queryKeys.people, 'teams'],
    queryFn: ({ signal }) => callApi(routes.enterprise.teams, {}, { signal }),
    select: (answer) => answer.teams,
  });
}

export function useGrants() {
  return useQuery({
    queryKey: queryKeys.grants,
    queryFn: ({ signal }) => callApi(routes.enterprise.grants, {}, { signal }),
    select: (answer) => answer.grants,
  });
}

export type NewGrant = RouteCall<typeof routes.enterprise.setGrant>['body'];

export function useSetGrant() {
  const queries = useQueryClient();
  return useMutation({
    mutationFn: (grant: NewGrant) => callApi(routes.enterprise.setGrant, { body: grant }),
    onSuccess: () => queries.invalidateQueries({ queryKey: queryKeys.grants }),
  });
}

export function useRemoveGrant() {
  const queries = useQueryClient();
  return useMutation({
    mutationFn: (grantId: GrantId) => callApi(routes.enterprise.removeGrant, { params: { grantId } }),
    onSuccess: () => queries.invalidateQueries({ queryKey: queryKeys.grants }),
  });
}
