'use client';

import { AppError } from '@tideline/contracts';
import { useTranslations } from 'use-intl';
import { ErrorNotice } from '#components/error-notice.tsx';
import { Loading } from '#components/ui/loading.tsx';
import { PageHeader } from '#components/ui/page-header.tsx';
import { useSession } from '#lib/session.ts';
import { useUrlState } from '#lib/use-url-state.ts';
import { useSpaces } from '../api/files.ts';
import { parseFilesQuery } from '../files-query.ts';
import { FolderView } from './folder-view.tsx';
import { JobsView } from './jobs-view.tsx';
import { SpacesView } from './spaces-view.tsx';
import { TrashView } from './trash-view.tsx';

export function FilesPage() {
  const t = useTranslations('shell');
  const session = useSession();
  if (session.enterprise === null) return <PageHeader title={t('operatorTitle')} lead={t('operatorText')} />;
  return <Files />;
}

function Files() {
  const { params, patch } = useUrlState();
  const query = parseFilesQuery(params);
  const { data: spaces, error, refetch } = useSpaces();
  if (error) return <ErrorNotice error={error} onRetry={() => void refetch()} />;
  if (!spaces) return <Loading />;
  if (!query.space) return <SpacesView spaces={spaces} />;
  const space = spaces.find(({ id }) => id === query.space);
  if (!space) return <ErrorNotice error={new AppError('SPACE_UNKNOWN', { space: query.space })} />;
  if (query.jobs) return <JobsView space={space} />;
  return query.bin ? (
    <TrashView space={space} query={query} patch={patch} />
  ) : (
    <FolderView space={space} query={query} patch={patch} />
  );
}
