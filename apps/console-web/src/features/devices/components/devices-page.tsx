'use client';

import Paper from '@mui/material/Paper';
import { useTranslations } from 'use-intl';
import { AsOf } from '#components/as-of.tsx';
import { ErrorNotice } from '#components/error-notice.tsx';
import { ReadersOnly } from '#components/readers-only.tsx';
import { PageHeader } from '#components/ui/page-header.tsx';
import { useUrlState } from '#lib/use-url-state.ts';
import { useDevices } from '../api/devices.ts';
import { isFiltered, parseDevicesQuery } from '../devices-query.ts';
import { DevicesGrid } from './devices-grid.tsx';
import { NoDevices } from './no-devices.tsx';

export function DevicesPage() {
  return (
    <ReadersOnly>
      <DevicesList />
    </ReadersOnly>
  );
}

function DevicesList() {
  const t = useTranslations('devices');
  const { params, patch } = useUrlState();
  const query = parseDevicesQuery(params);
  const { data, error, isPlaceholderData, isPending, refetch } = useDevices(query);
  const empty = data?.total === 0 && !isFiltered(query);
  return (
    <>
      <PageHeader title={t('title')} lead={t('lead')} actions={<AsOf at={data?.asOf} />} />
      {error && <ErrorNotice error={error} onRetry={() => void refetch()} />}
      {empty ? (
        <NoDevices />
      ) : (
        <Paper variant="outlined" sx={{ overflow: 'hidden' }}>
          <DevicesGrid query={query} patch={patch} list={data} loading={isPending || isPlaceholderData} />
        </Paper>
      )}
    </>
  );
}
