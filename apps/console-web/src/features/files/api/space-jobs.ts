import { useInfiniteQuery, useMutation, useQueryClient, type InfiniteData, type Query } from '@tanstack/react-query';
import { routes, type RouteAnswer, type SpaceId } from '@tideline/contracts';
import { callApi } from '#lib/api.ts';
import { queryKeys } from '#lib/query-keys.ts';
import { toShownCopy, toShownRestore, type ShownJob } from '../shown-job.ts';

type Copies = RouteAnswer<typeof routes.copy.spaceCopies>;
type Restores = RouteAnswer<typeof routes.restore.inSpace>;

/** What happens in other spaces, or waits, tells nobody: while something goes on, it is asked for again. */
const REFRESH_MS = 3_000;
const PAGE_SIZE = 20;

export function useSpaceCopies(spaceId: SpaceId) {
  return useInfiniteQuery({
    queryKey: [...queryKeys.space(spaceId), 'copies'],
    queryFn: ({ signal, pageParam }): Promise<Copies> =>
      callApi(routes.copy.spaceCopies, { params: { spaceId }, query: pageOf(pageParam) }, { signal }),
    initialPageParam: FIRST,
    getNextPageParam: (page: Copies) => page.next,
    select: (all: InfiniteData<Copies>) => all.pages.flatMap((page) => page.copies.map(toShownCopy)),
    refetchInterval: whileOneRuns((page: Copies) => page.copies.map(toShownCopy)),
  });
}

export function useSpaceRestores(spaceId: SpaceId) {
  return useInfiniteQuery({
    queryKey: [...queryKeys.space(spaceId), 'restores'],
    queryFn: ({ signal, pageParam }): Promise<Restores> =>
      callApi(routes.restore.inSpace, { params: { spaceId }, query: pageOf(pageParam) }, { signal }),
    initialPageParam: FIRST,
    getNextPageParam: (page: Restores) => page.next,
    select: (all: InfiniteData<Restores>) => all.pages.flatMap((page) => page.restores.map(toShownRestore)),
    refetchInterval: whileOneRuns((page: Restores) => page.restores.map(toShownRestore)),
  });
}

export function useCancelJob(spaceId: SpaceId) {
  const queries = useQueryClient();
  return useMutation({
    mutationFn: async ({ kind, id }: Pick<ShownJob, 'kind' | 'id'>): Promise<void> => {
      if (kind === 'copy') await callApi(routes.copy.cancelCopy, { params: { copyId: id } });
      else await callApi(routes.restore.cancel, { params: { restoreId: id } });
    },
    onSettled: () => queries.invalidateQueries({ queryKey: queryKeys.space(spaceId) }), // it may have ended before
  });
}

const FIRST: string | null = null;

function pageOf(after: string | null) {
  return { limit: PAGE_SIZE, ...(after === null ? {} : { after }) };
}

function whileOneRuns<Page>(toShown: (page: Page) => ShownJob[]) {
  return ({ state }: Pick<Query<InfiniteData<Page>>, 'state'>) =>
    state.data?.pages.some((page) => toShown(page).some((job) => job.canCancel)) ? REFRESH_MS : false;
}
