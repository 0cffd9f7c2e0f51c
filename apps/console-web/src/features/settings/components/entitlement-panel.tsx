'use client';

import CheckCircleIcon from '@mui/icons-material/CheckCircle';
import ErrorIcon from '@mui/icons-material/Error';
import type { FeatureState } from '@tideline/contracts';
import { useTranslations } from 'use-intl';
import { Panel } from '#components/ui/panel.tsx';
import { StatusLabel } from '#components/ui/status-label.tsx';
import { useLocaleChoice } from '#i18n/locale-provider.tsx';
import { formatDate } from '#lib/format.ts';

export function EntitlementPanel({ feature }: { readonly feature: FeatureState }) {
  const t = useTranslations();
  const { locale } = useLocaleChoice();
  const until = feature.entitledUntil
    ? t('feature.entitledUntil', { date: formatDate(feature.entitledUntil, locale) })
    : t('feature.noEnd');
  return (
    <Panel title={t('settings.entitlement')} lead={t('settings.entitlementLead')}>
      <StatusLabel
        tone={feature.entitled ? 'success' : 'error'}
        icon={feature.entitled ? CheckCircleIcon : ErrorIcon}
        text={t(feature.entitled ? 'feature.entitled' : 'feature.notEntitled')}
        detail={feature.entitled ? until : t('feature.notEntitledFix')}
      />
    </Panel>
  );
}
