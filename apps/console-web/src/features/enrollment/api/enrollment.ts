import { useMutation, useQuery, useQueryClient } from '@tanstack/react-query';
import { routes, type RouteAnswer, type RouteCall } from '@tideline/contracts';
import { callApi } from '#lib/api.ts';
import { queryKeys } from '#lib/query-keys.ts';
import { readAllPages } from '#lib/read-all-pages.ts';

export type EnrollmentToken = RouteAnswer<typeof routes.enterprise.enrollmentTokens>['tokens'][number];
export type CreatedToken = RouteAnswer<typeof routes.enterprise.createEnrollmentToken>;
export type NewToken = RouteCall<typeof routes.enterprise.createEnrollmentToken>['body'];

export function useEnrollmentTokens() {
  return useQuery({
    queryKey: queryKeys.enrollmentTokens,
    queryFn: ({ signal }) =>
      readAllPages(
        (query) => callApi(routes.enterprise.enrollmentTokens, { query }, { signal }),
        ({ tokens }) => tokens,
      ),
  });
}

export function useCreateToken() {
  const queries = useQueryClient();
  return useMutation({
    mutationFn: (token: NewToken) => callApi(routes.enterprise.createEnrollmentToken, { body: token }),
    onSuccess: () => queries.invalidateQueries({ queryKey: queryKeys.enrollmentTokens }),
    gcTime: 0, // the answer holds the secret: it is forgotten with the dialog that shows it
  });
}

export function useRevokeToken() {
  const queries = useQueryClient();
  return useMutation({
    mutationFn: (tokenId: string) => callApi(routes.enterprise.revokeEnrollmentToken, { params: { tokenId } }),
    onSuccess: () => queries.invalidateQueries({ queryKey: queryKeys.enrollmentTokens }),
  });
}
