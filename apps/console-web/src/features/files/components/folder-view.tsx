'use client';

import DeleteIcon from '@mui/icons-material/DeleteOutlined';
import CopyIcon from '@mui/icons-material/FileCopyOutlined';
import Button from '@mui/material/Button';
import Paper from '@mui/material/Paper';
import type { RouteAnswer, routes, Space } from '@tideline/contracts';
import NextLink from 'next/link';
import { useTranslations } from 'use-intl';
import { ErrorNotice } from '#components/error-notice.tsx';
import { useSpaceName } from '#components/space-name.tsx';
import { Loading } from '#components/ui/loading.tsx';
import { PageHeader } from '#components/ui/page-header.tsx';
import type { UrlPatch } from '#lib/use-url-state.ts';
import { useChildren } from '../api/files.ts';
import type { FilesQuery } from '../files-query.ts';
import { FilesFooter } from './files-footer.tsx';
import { NodeTable } from './node-table.tsx';
import { PathTrail } from './path-trail.tsx';
import { VersionsDrawer } from './versions-drawer.tsx';

export type ViewProps = {
  readonly space: Space;
  readonly query: FilesQuery;
  readonly patch: (change: UrlPatch) => void;
};

export function FolderView({ space, query, patch }: ViewProps) {
  const { data, error, refetch } = useChildren(space.id, query.node ?? space.rootId, query);
  return (
    <>
      <FolderHeader space={space} listing={data} isSpace={query.node === undefined || query.node === space.rootId} />
      {error && <ErrorNotice error={error} onRetry={() => void refetch()} />}
      {!data && !error && <Loading />}
      {data && (
        <Paper variant="outlined" sx={{ overflow: 'hidden' }}>
          <NodeTable spaceId={space.id} nodes={data.nodes} onVersions={(file) => patch({ file })} />
          <FilesFooter listing={data} query={query} patch={patch} />
        </Paper>
      )}
      <VersionsDrawer spaceId={space.id} fileId={query.file} onClose={() => patch({ file: undefined })} />
    </>
  );
}

type HeaderProps = {
  readonly space: Space;
  readonly listing: RouteAnswer<typeof routes.drive.children> | undefined;
  readonly isSpace: boolean;
};

function FolderHeader({ space, listing, isSpace }: HeaderProps) {
  const t = useTranslations('files');
  const nameOf = useSpaceName();
  return (
    <PageHeader
      title={isSpace ? nameOf(space) : (listing?.folder.name ?? t('title'))}
      above={<PathTrail space={space} path={listing?.path ?? []} />}
      actions={
        <>
          <Button
            component={NextLink}
            href={`/files/?space=${space.id}&jobs=1`}
            startIcon={<CopyIcon />}
            variant="outlined"
          >
            {t('jobs.title')}
          </Button>
          <Button
            component={NextLink}
            href={`/files/?space=${space.id}&bin=1`}
            startIcon={<DeleteIcon />}
            variant="outlined"
          >
            {t('bin')}
          </Button>
        </>
      }
    />
  );
}
