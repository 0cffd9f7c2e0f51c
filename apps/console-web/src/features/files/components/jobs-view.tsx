'use client';

import CopyIcon from '@mui/icons-material/FileCopyOutlined';
import RestoreIcon from '@mui/icons-material/History';
import Box from '@mui/material/Box';
import Button from '@mui/material/Button';
import { useState, type ReactNode } from 'react';
import { useTranslations } from 'use-intl';
import { ErrorNotice } from '#components/error-notice.tsx';
import { DataTable, type Head } from '#components/ui/data-table.tsx';
import { EmptyState } from '#components/ui/empty-state.tsx';
import { Loading } from '#components/ui/loading.tsx';
import { PageHeader } from '#components/ui/page-header.tsx';
import { Panel } from '#components/ui/panel.tsx';
import { useSpaceCopies, useSpaceRestores } from '../api/space-jobs.ts';
import type { ShownJob } from '../shown-job.ts';
import { CancelJobDialog } from './cancel-job-dialog.tsx';
import type { ViewProps } from './folder-view.tsx';
import { JobRow } from './job-row.tsx';
import { PathTrail } from './path-trail.tsx';

/** What the server copies and restores in a space, for whoever may end it. */
export function JobsView({ space }: Pick<ViewProps, 'space'>) {
  const t = useTranslations('files.jobs');
  const [copies, restores] = [useSpaceCopies(space.id), useSpaceRestores(space.id)];
  const [ending, setEnding] = useState<ShownJob | null>(null);
  const shown = { onCancel: setEnding };
  return (
    <>
      <PageHeader title={t('title')} lead={t('lead')} above={<PathTrail space={space} path={[]} last={t('title')} />} />
      <Box sx={{ display: 'grid', gap: 2 }}>
        <JobsPanel {...shown} title={t('copies')} icon={<CopyIcon />} empty={t('noCopies')} of={copies} />
        <JobsPanel {...shown} title={t('restores')} icon={<RestoreIcon />} empty={t('noRestores')} of={restores} />
      </Box>
      {ending && <CancelJobDialog spaceId={space.id} job={ending} onClose={() => setEnding(null)} />}
    </>
  );
}

type PanelProps = {
  readonly title: string;
  readonly icon: ReactNode;
  readonly empty: string;
  readonly of: ReturnType<typeof useSpaceCopies | typeof useSpaceRestores>;
  readonly onCancel: (job: ShownJob) => void;
};

function JobsPanel({ title, icon, empty, of, onCancel }: PanelProps) {
  const t = useTranslations('files.jobs');
  const { data: jobs, error, hasNextPage, isFetchingNextPage } = of;
  const heads: Head[] = (['name', 'by', 'state', 'progress', 'begun'] as const).map((key) => ({
    key,
    text: t(`columns.${key}`),
  }));
  return (
    <Panel title={title} flush>
      {error && <ErrorNotice error={error} onRetry={() => void of.refetch()} />}
      {!jobs && !error && <Loading />}
      {jobs && (
        <DataTable
          label={title}
          heads={[...heads, { key: 'actions', text: t('columns.actions'), hidden: true }]}
          empty={jobs.length === 0 && <EmptyState icon={icon} title={empty} />}
        >
          {jobs.map((job) => (
            <JobRow key={job.id} job={job} onCancel={onCancel} />
          ))}
        </DataTable>
      )}
      {hasNextPage && (
        <Box sx={{ px: 2, py: 1, borderTop: 1, borderColor: 'divider' }}>
          <Button size="small" loading={isFetchingNextPage} onClick={() => void of.fetchNextPage()}>
            {t('more')}
          </Button>
        </Box>
      )}
    </Panel>
  );
}
