import { NodeId, SpaceId } from '@tideline/contracts';

export const FILE_PAGE_SIZES = [100, 200, 500] as const;
const DEFAULT_PAGE_SIZE = 200;

export type FilesQuery = {
  readonly space: SpaceId | undefined;
  readonly node: NodeId | undefined;
  readonly file: NodeId | undefined;
  readonly bin: boolean;
  readonly jobs: boolean;
  readonly after: string | undefined;
  readonly limit: number;
};

/** Where the browser stands, as the address tells it; what is not an id counts as absent. */
export function parseFilesQuery(params: URLSearchParams): FilesQuery {
  const limit = Number(params.get('limit'));
  return {
    space: SpaceId.safeParse(params.get('space')).data,
    node: NodeId.safeParse(params.get('node')).data,
    file: NodeId.safeParse(params.get('file')).data,
    bin: params.get('bin') === '1',
    jobs: params.get('jobs') === '1',
    after: params.get('after') || undefined,
    limit: FILE_PAGE_SIZES.find((size) => size === limit) ?? DEFAULT_PAGE_SIZE,
  };
}

export function folderHref(spaceId: string, nodeId?: string): string {
  return `/files/?${new URLSearchParams({ space: spaceId, ...(nodeId ? { node: nodeId } : {}) }).toString()}`;
}
