'use client';

import CheckCircleIcon from '@mui/icons-material/CheckCircle';
import PauseCircleIcon from '@mui/icons-material/PauseCircle';
import Box from '@mui/material/Box';
import Button from '@mui/material/Button';
import Typography from '@mui/material/Typography';
import type { FeatureState } from '@tideline/contracts';
import { useState } from 'react';
import { useTranslations } from 'use-intl';
import { Panel } from '#components/ui/panel.tsx';
import { StatusLabel } from '#components/ui/status-label.tsx';
import { useSession } from '#lib/session.ts';
import { useLocaleChoice } from '#i18n/locale-provider.tsx';
import { mayAdminister } from '#lib/access.ts';
import { formatDateTime } from '#lib/format.ts';
import { SwitchSyncDialog } from './switch-sync-dialog.tsx';

/** EN-1 and EN-4. */
export function SyncPanel({ feature }: { readonly feature: FeatureState }) {
  const t = useTranslations('settings');
  const admin = mayAdminister(useSession());
  const [open, setOpen] = useState(false);
  const on = feature.syncOn;
  return (
    <Panel title={t('sync')} lead={t('syncLead')}>
      <Box sx={{ display: 'flex', flexWrap: 'wrap', gap: 2, alignItems: 'center', justifyContent: 'space-between' }}>
        <SyncState feature={feature} />
        {admin && (
          <Button
            variant={on ? 'outlined' : 'contained'}
            color={on ? 'error' : 'primary'}
            onClick={() => setOpen(true)}
          >
            {t(on ? 'switchOff' : 'switchOn')}
          </Button>
        )}
      </Box>
      <OffMeans />
      {open && <SwitchSyncDialog on={!on} onClose={() => setOpen(false)} />}
    </Panel>
  );
}

function OffMeans() {
  const t = useTranslations('settings');
  return (
    <>
      <Typography variant="h3" sx={{ mt: 2 }}>
        {t('offMeans')}
      </Typography>
      <Box component="ul" sx={{ mt: 0.5, mb: 0, pl: 2.5, color: 'text.secondary' }}>
        <li>{t('offPauses')}</li>
        <li>{t('offDeletesNothing')}</li>
        <li>{t('offResumes')}</li>
      </Box>
    </>
  );
}

function SyncState({ feature }: { readonly feature: FeatureState }) {
  const t = useTranslations('settings');
  const { locale } = useLocaleChoice();
  if (!feature.syncOn) return <StatusLabel tone="neutral" icon={PauseCircleIcon} text={t('syncIsOff')} />;
  const since = feature.enabledSince && t('syncSince', { time: formatDateTime(feature.enabledSince, locale) });
  return <StatusLabel tone="success" icon={CheckCircleIcon} text={t('syncIsOn')} detail={since ?? undefined} />;
}
