'use client';

import Alert from '@mui/material/Alert';
import Box from '@mui/material/Box';
import type { Device } from '@tideline/contracts';
import { useTranslations } from 'use-intl';
import { DeviceHealthMark, useDeviceFix } from '#components/health-mark.tsx';
import { Panel } from '#components/ui/panel.tsx';

const WELL: ReadonlySet<Device['health']['reason']> = new Set(['all_up_to_date', 'syncing', 'first_sync_running']);

/** The health word, why it is so, and what to do about it. */
export function DeviceHealth({ device }: { readonly device: Device }) {
  const t = useTranslations();
  const fixOf = useDeviceFix();
  const well = device.lifecycle === 'active' && WELL.has(device.health.reason);
  return (
    <Panel title={t('device.health')}>
      <Box aria-live="polite" sx={{ mb: 1.5 }}>
        <DeviceHealthMark device={device} size="large" />
      </Box>
      <Alert severity={well ? 'success' : 'info'} variant="outlined" icon={false} sx={{ py: 0.25 }}>
        <strong>{t('device.whatToDo')}</strong> {fixOf(device)}
      </Alert>
    </Panel>
  );
}
