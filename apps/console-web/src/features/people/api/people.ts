import { useMutation, useQuery, useQueryClient } from '@tanstack/react-query';
import { routes, type GrantId, type RouteCall } from '@tideline/contracts';
import { callApi } from '#lib/api.ts';
import { queryKeys } from '#lib/query-keys.ts';
import { readAllPages } from '#lib/read-all-pages.ts';

export function useUsers() {
  return useQuery({
    queryKey: [...queryKeys.people, 'users'],
    queryFn: ({ signal }) =>
      readAllPages(
        (query) => callApi(routes.enterprise.users, { query }, { signal }),
        ({ users }) => users,
      ),
  });
}

export function useTeams() {
  return useQuery({
    queryKey: [...queryKeys.people, 'teams'],
    queryFn: ({ signal }) =>
      readAllPages(
        (query) => callApi(routes.enterprise.teams, { query }, { signal }),
        ({ teams }) => teams,
      ),
  });
}

export function useGrants() {
  return useQuery({
    queryKey: queryKeys.grants,
    queryFn: ({ signal }) =>
      readAllPages(
        (query) => callApi(routes.enterprise.grants, { query }, { signal }),
        ({ grants }) => grants,
      ),
    select: (grants) =>
      grants.toSorted((one, other) => compare(one.spaceName, other.spaceName) || compare(one.path, other.path)),
  });
}

function compare(one: string, other: string): number {
  return one < other ? -1 : one > other ? 1 : 0;
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
