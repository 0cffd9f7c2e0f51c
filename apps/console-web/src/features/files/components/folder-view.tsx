'use client';

import DeleteIcon from '@mui/icons-material/DeleteOutlined';
import Button from '@mui/material/Button';
import Paper from '@mui/material/Paper';
import type { Space } from '@tideline/contracts';
import NextLink from 'next/link';
import { useTranslations } from 'use-intl';
import { ErrorNotice } from '#components/error-notice.tsx';
import { KeysetFooter } from '#components/keyset-footer.tsx';
import { useSpaceName } from '#components/space-name.tsx';
import { Loading } from '#components/ui/loading.tsx';
import { PageHeader } from '#components/ui/page-header.tsx';
import type { UrlPatch } from '#lib/use-url-state.ts';
import { useChildren } from '../api/files.ts';
import { FILE_PAGE_SIZES, type FilesQuery } from '../files-query.ts';
import { NodeTable } from './node-table.tsx';
import { PathTrail } from './path-trail.tsx';
import { VersionsDrawer } from './versions-drawer.tsx';

export type ViewProps = {
  readonly space: Space;
  readonly query: FilesQuery;
  readonly patch: (change: UrlPatch) => void;
};

export function FolderView({ space, query, patch }: ViewProps) {
  const t = useTranslations('files');
  const nameOf = useSpaceName();
  const { data, error, refetch } = useChildren(space.id, query.node ?? space.rootId, query);
  const isRoot = data ? data.folder.parentId === null : !query.node;
  return (
    <>
      <PageHeader
        title={isRoot ? nameOf(space) : (data?.folder.name ?? t('title'))}
        above={<PathTrail space={space} path={data?.path ?? []} />}
        actions={
          <Button
            component={NextLink}
            href={`/files/?space=${space.id}&bin=1`}
            startIcon={<DeleteIcon />}
            variant="outlined"
          >
            {t('bin')}
          </Button>
        }
      />
      {error && <ErrorNotice error={error} onRetry={() => void refetch()} />}
      {!data && !error && <Loading />}
      {data && (
        <Paper variant="outlined" sx={{ overflow: 'hidden' }}>
          <NodeTable spaceId={space.id} nodes={data.nodes} onVersions={(file) => patch({ file })} />
          <KeysetFooter
            shown={data.nodes.length}
            total={data.total}
            pageSize={query.limit}
            pageSizes={FILE_PAGE_SIZES}
            after={query.after}
            next={data.next}
            onPage={(after) => patch({ after })}
            onPageSize={(limit) => patch({ limit: String(limit), after: undefined })}
          />
        </Paper>
      )}
      <VersionsDrawer spaceId={space.id} fileId={query.file} onClose={() => patch({ file: undefined })} />
    </>
  );
}
