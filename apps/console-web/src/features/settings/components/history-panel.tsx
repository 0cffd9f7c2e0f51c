'use client';

import FormControlLabel from '@mui/material/FormControlLabel';
import Switch from '@mui/material/Switch';
import Typography from '@mui/material/Typography';
import type { FeatureState } from '@tideline/contracts';
import { useTranslations } from 'use-intl';
import { ErrorNotice } from '#components/error-notice.tsx';
import { useNotice } from '#components/ui/notice-provider.tsx';
import { Panel } from '#components/ui/panel.tsx';
import { useSession } from '#lib/session.ts';
import { mayAdminister } from '#lib/access.ts';
import { useSwitchHistory } from '../api/feature.ts';

/** EN-2: the server refuses to switch history off while sync backup is on, and says why. */
export function HistoryPanel({ feature }: { readonly feature: FeatureState }) {
  const t = useTranslations('settings');
  const admin = mayAdminister(useSession());
  const notice = useNotice();
  const change = useSwitchHistory();
  const toggle = (on: boolean) =>
    change.mutate(on, { onSuccess: () => notice(t(on ? 'historyNowOn' : 'historyNowOff')) });
  return (
    <Panel title={t('history')} lead={t('historyLead')}>
      <FormControlLabel
        control={
          <Switch
            checked={feature.historyOn}
            disabled={!admin || change.isPending}
            onChange={(event) => toggle(event.target.checked)}
          />
        }
        label={t(feature.historyOn ? 'historyIsOn' : 'historyIsOff')}
      />
      {feature.historyOn && feature.syncOn && (
        <Typography variant="body2" color="textSecondary">
          {t('historyInUse')}
        </Typography>
      )}
      {change.error && <ErrorNotice error={change.error} />}
    </Panel>
  );
}
