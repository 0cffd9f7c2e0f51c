'use client';

import Box from '@mui/material/Box';
import type { Device } from '@tideline/contracts';
import { useTranslations } from 'use-intl';
import { Panel } from '#components/ui/panel.tsx';
import { UsageBar } from '#components/ui/usage-bar.tsx';
import { useLocaleChoice } from '#i18n/locale-provider.tsx';
import { formatCount } from '#lib/format.ts';

/** LI-1 and LI-2. */
export function DeviceLimits({ device }: { readonly device: Device }) {
  const t = useTranslations('device');
  const { locale } = useLocaleChoice();
  const of = (used: number, limit: number) =>
    t('ofLimit', { used: formatCount(used, locale), limit: formatCount(limit, locale) });
  return (
    <Panel title={t('limits')}>
      <Box sx={{ display: 'grid', gap: 2 }}>
        <UsageBar
          label={t('tasks')}
          used={device.tasks}
          limit={device.maxTasks}
          text={of(device.tasks, device.maxTasks)}
        />
        <UsageBar
          label={t('files')}
          used={device.files}
          limit={device.maxFiles}
          text={of(device.files, device.maxFiles)}
        />
      </Box>
    </Panel>
  );
}
