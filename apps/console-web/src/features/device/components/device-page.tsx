'use client';

import Box from '@mui/material/Box';
import Breadcrumbs from '@mui/material/Breadcrumbs';
import Link from '@mui/material/Link';
import type { DeviceDetail } from '@tideline/contracts';
import NextLink from 'next/link';
import { useSearchParams } from 'next/navigation';
import { useTranslations } from 'use-intl';
import { AsOf } from '#components/as-of.tsx';
import { ErrorNotice } from '#components/error-notice.tsx';
import { ReadersOnly } from '#components/readers-only.tsx';
import { Loading } from '#components/ui/loading.tsx';
import { PageHeader } from '#components/ui/page-header.tsx';
import { useDevice } from '../api/device.ts';
import { DeviceFacts } from './device-facts.tsx';
import { DeviceHealth } from './device-health.tsx';
import { DeviceLimits } from './device-limits.tsx';
import { DeviceTasks } from './device-tasks.tsx';
import { LifecycleButton } from './lifecycle-button.tsx';

export function DevicePage() {
  const id = useSearchParams().get('id') ?? '';
  return (
    <ReadersOnly>
      <DeviceView id={id} />
    </ReadersOnly>
  );
}

function DeviceView({ id }: { readonly id: string }) {
  const t = useTranslations('device');
  const { data, error, refetch } = useDevice(id);
  return (
    <>
      <PageHeader
        title={data?.device.name ?? t('title')}
        lead={data && `${data.device.user.name} · ${data.device.user.email}`}
        above={<Trail name={data?.device.name} />}
        actions={
          data && (
            <>
              <AsOf at={data.asOf} />
              <LifecycleButton device={data.device} />
            </>
          )
        }
      />
      {error && <ErrorNotice error={error} onRetry={() => void refetch()} />}
      {data ? <Content detail={data} /> : !error && <Loading />}
    </>
  );
}

function Trail({ name }: { readonly name: string | undefined }) {
  const t = useTranslations();
  return (
    <Breadcrumbs aria-label={t('common.breadcrumbs')} sx={{ mb: 1, fontSize: '0.875rem' }}>
      <Link component={NextLink} href="/devices/">
        {t('devices.title')}
      </Link>
      <Box component="span" aria-current="page">
        {name ?? t('device.title')}
      </Box>
    </Breadcrumbs>
  );
}

function Content({ detail: { device, tasks } }: { readonly detail: DeviceDetail }) {
  return (
    <Box sx={{ display: 'grid', gap: 2 }}>
      <Box
        sx={{
          display: 'grid',
          gap: 2,
          gridTemplateColumns: { xs: 'minmax(0,1fr)', lg: 'minmax(0,3fr) minmax(0,2fr)' },
        }}
      >
        <DeviceHealth device={device} />
        <DeviceLimits device={device} />
      </Box>
      <DeviceTasks tasks={tasks} />
      <DeviceFacts device={device} tasks={tasks} />
    </Box>
  );
}
