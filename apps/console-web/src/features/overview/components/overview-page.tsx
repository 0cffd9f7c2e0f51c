'use client';

import Box from '@mui/material/Box';
import type { Overview } from '@tideline/contracts';
import { useRouter } from 'next/navigation';
import { useEffect } from 'react';
import { useTranslations } from 'use-intl';
import { AsOf } from '#components/as-of.tsx';
import { ErrorNotice } from '#components/error-notice.tsx';
import { ReadersOnly } from '#components/readers-only.tsx';
import { Loading } from '#components/ui/loading.tsx';
import { PageHeader } from '#components/ui/page-header.tsx';
import { useSession } from '#lib/session.ts';
import { useOverview } from '../api/overview.ts';
import { FeatureCard } from './feature-card.tsx';
import { FirstSteps } from './first-steps.tsx';
import { FleetTiles } from './fleet-tiles.tsx';
import { NeedsAction } from './needs-action.tsx';
import { TasksByState } from './tasks-by-state.tsx';

export function OverviewPage() {
  const session = useSession();
  const router = useRouter();
  const filesOnly = session.role === 'user';
  useEffect(() => {
    if (filesOnly) router.replace('/files/');
  }, [filesOnly, router]);
  if (filesOnly) return <Loading />;
  return (
    <ReadersOnly>
      <FleetOverview />
    </ReadersOnly>
  );
}

function FleetOverview() {
  const t = useTranslations('overview');
  const { data, error, refetch } = useOverview();
  return (
    <>
      <PageHeader title={t('title')} actions={<AsOf at={data?.asOf} />} />
      {error && <ErrorNotice error={error} onRetry={() => void refetch()} />}
      {data ? <Content overview={data} /> : !error && <Loading />}
    </>
  );
}

function Content({ overview }: { readonly overview: Overview }) {
  return (
    <Box sx={{ display: 'grid', gap: 2 }}>
      <FleetTiles devices={overview.devices} />
      {overview.devices.active === 0 && <FirstSteps feature={overview.feature} />}
      <Box
        sx={{
          display: 'grid',
          gap: 2,
          alignItems: 'start',
          gridTemplateColumns: { xs: 'minmax(0,1fr)', lg: 'minmax(0,3fr) minmax(0,2fr)' },
        }}
      >
        <NeedsAction items={overview.needsAction} active={overview.devices.active} />
        <Box sx={{ display: 'grid', gap: 2 }}>
          <TasksByState tasks={overview.tasks} />
          <FeatureCard feature={overview.feature} />
        </Box>
      </Box>
    </Box>
  );
}
