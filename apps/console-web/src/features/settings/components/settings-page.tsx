'use client';

import Box from '@mui/material/Box';
import type { FeatureState } from '@tideline/contracts';
import { useTranslations } from 'use-intl';
import { ErrorNotice } from '#components/error-notice.tsx';
import { ReadersOnly } from '#components/readers-only.tsx';
import { Loading } from '#components/ui/loading.tsx';
import { PageHeader } from '#components/ui/page-header.tsx';
import { useFeature } from '../api/feature.ts';
import { EntitlementPanel } from './entitlement-panel.tsx';
import { HistoryPanel } from './history-panel.tsx';
import { SyncPanel } from './sync-panel.tsx';

export function SettingsPage() {
  return (
    <ReadersOnly>
      <Settings />
    </ReadersOnly>
  );
}

function Settings() {
  const t = useTranslations('settings');
  const { data: feature, error, refetch } = useFeature();
  return (
    <>
      <PageHeader title={t('title')} lead={t('lead')} />
      {error && <ErrorNotice error={error} onRetry={() => void refetch()} />}
      {feature ? <Panels feature={feature} /> : !error && <Loading />}
    </>
  );
}

function Panels({ feature }: { readonly feature: FeatureState }) {
  return (
    <Box sx={{ display: 'grid', gap: 2, maxWidth: 860 }}>
      <EntitlementPanel feature={feature} />
      <HistoryPanel feature={feature} />
      <SyncPanel feature={feature} />
    </Box>
  );
}
