import { useMutation, useQuery, useQueryClient } from '@tanstack/react-query';
import { routes, type FeatureState } from '@tideline/contracts';
import { callApi } from '#lib/api.ts';
import { queryKeys } from '#lib/query-keys.ts';

export function useFeature() {
  return useQuery({
    queryKey: queryKeys.feature,
    queryFn: ({ signal }) => callApi(routes.enterprise.feature, {}, { signal }),
  });
}

export function useSwitchSync() {
  const remember = useRememberFeature();
  return useMutation({
    mutationFn: (change: { on: boolean; enterpriseCode: string }) =>
      callApi(routes.enterprise.switchSync, { body: change }),
    onSuccess: remember,
  });
}

export function useSwitchHistory() {
  const remember = useRememberFeature();
  return useMutation({
    mutationFn: (on: boolean) => callApi(routes.enterprise.switchHistory, { body: { on } }),
    onSuccess: remember,
  });
}

function useRememberFeature(): (feature: FeatureState) => void {
  const queries = useQueryClient();
  return (feature) => {
    queries.setQueryData(queryKeys.feature, feature);
    void queries.invalidateQueries({ queryKey: queryKeys.overview });
  };
}
