'use client';

import Box from '@mui/material/Box';
import type { Device, FleetTask } from '@tideline/contracts';
import type { ReactNode } from 'react';
import { useTranslations } from 'use-intl';
import { Age } from '#components/age.tsx';
import { ConnectionMark } from '#components/connection-mark.tsx';
import { Panel } from '#components/ui/panel.tsx';
import { useLocaleChoice } from '#i18n/locale-provider.tsx';
import { formatDateTime } from '#lib/format.ts';
import { MONO_FONTS } from '#lib/theme.ts';

type Props = { readonly device: Device; readonly tasks: readonly FleetTask[] };

export function DeviceFacts({ device, tasks }: Props) {
  const t = useTranslations('device');
  const { locale } = useLocaleChoice();
  return (
    <Panel title={t('facts')}>
      <Box
        component="dl"
        sx={{ m: 0, display: 'grid', gap: 2, gridTemplateColumns: 'repeat(auto-fill, minmax(min(100%, 200px), 1fr))' }}
      >
        <Fact term={t('connection')}>
          <ConnectionMark device={device} />
        </Fact>
        <Fact term={t('lastSeen')}>
          <Age at={device.lastSeen} never={t('never')} />
        </Fact>
        <Fact term={t('lastFullSync')}>
          <Age
            at={device.lastFullSync}
            never={tasks.some((task) => task.lastFullSync === null) ? t('neverSynced') : '–'}
          />
        </Fact>
        <Fact term={t('lifecycle')}>{t(`lifecycles.${device.lifecycle}`)}</Fact>
        <Fact term={t('os')}>{device.os}</Fact>
        <Fact term={t('agentVersion')}>{device.agentVersion}</Fact>
        <Fact term={t('keyStore')}>{t(`keyStores.${device.keyStore}`)}</Fact>
        <Fact term={t('enrolledAt')}>{formatDateTime(device.enrolledAt, locale)}</Fact>
        <Fact term={t('id')}>
          <Box component="code" sx={{ fontFamily: MONO_FONTS, fontSize: '0.8125rem', overflowWrap: 'anywhere' }}>
            {device.id}
          </Box>
        </Fact>
      </Box>
    </Panel>
  );
}

function Fact({ term, children }: { readonly term: string; readonly children: ReactNode }) {
  return (
    <Box>
      <Box component="dt" sx={{ color: 'text.secondary', fontSize: '0.8125rem' }}>
        {term}
      </Box>
      <Box component="dd" sx={{ m: 0 }}>
        {children}
      </Box>
    </Box>
  );
}
