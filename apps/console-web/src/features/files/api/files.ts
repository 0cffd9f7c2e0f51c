import { keepPreviousData, useQuery } from '@tanstack/react-query';
import { API_PREFIX, routes, type NodeId, type SpaceId } from '@tideline/contracts';
import { callApi } from '#lib/api.ts';
import { queryKeys } from '#lib/query-keys.ts';

type Page = { readonly after: string | undefined; readonly limit: number };

export function useSpaces() {
  return useQuery({
    queryKey: queryKeys.spaces,
    queryFn: ({ signal }) => callApi(routes.drive.spaces, {}, { signal }),
    select: (answer) => answer.spaces,
  });
}

export function useChildren(spaceId: SpaceId, nodeId: NodeId, page: Page) {
  return useQuery({
    queryKey: [...queryKeys.space(spaceId), 'children', nodeId, page],
    queryFn: ({ signal }) => callApi(routes.drive.children, { params: { nodeId }, query: page }, { signal }),
    placeholderData: keepPreviousData,
  });
}

export function useTrash(spaceId: SpaceId, page: Page) {
  return useQuery({
    queryKey: [...queryKeys.space(spaceId), 'trash', page],
    queryFn: ({ signal }) => callApi(routes.drive.trash, { params: { spaceId }, query: page }, { signal }),
    placeholderData: keepPreviousData,
  });
}

export function useVersions(spaceId: SpaceId, nodeId: NodeId) {
  return useQuery({
    queryKey: [...queryKeys.space(spaceId), 'versions', nodeId],
    queryFn: ({ signal }) => callApi(routes.drive.versions, { params: { nodeId } }, { signal }),
  });
}

/** The address of a file's bytes; the browser saves them under the file's name. */
export function downloadUrl(nodeId: string, versionId?: string): string {
  const query = new URLSearchParams({ ...(versionId ? { version: versionId } : {}), download: '1' });
  const path = routes.drive.content.path.replace(':nodeId', encodeURIComponent(nodeId));
  return `${API_PREFIX}${path}?${query.toString()}`;
}
