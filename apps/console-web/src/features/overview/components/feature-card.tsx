'use client';

import CheckCircleIcon from '@mui/icons-material/CheckCircle';
import ErrorIcon from '@mui/icons-material/Error';
import Box from '@mui/material/Box';
import Button from '@mui/material/Button';
import type { FeatureState } from '@tideline/contracts';
import NextLink from 'next/link';
import { useTranslations } from 'use-intl';
import { Panel } from '#components/ui/panel.tsx';
import { StatusLabel } from '#components/ui/status-label.tsx';
import { useLocaleChoice } from '#i18n/locale-provider.tsx';
import { formatDate } from '#lib/format.ts';

/** EN-1 to EN-4 in the order in which they must be mended. */
export function FeatureCard({ feature }: { readonly feature: FeatureState }) {
  const t = useTranslations('feature');
  const { locale } = useLocaleChoice();
  const until = feature.entitledUntil
    ? t('entitledUntil', { date: formatDate(feature.entitledUntil, locale) })
    : t('noEnd');
  const since = feature.enabledSince ? t('since', { date: formatDate(feature.enabledSince, locale) }) : undefined;
  return (
    <Panel
      title={t('title')}
      actions={
        <Button component={NextLink} href="/settings/" size="small" sx={{ minWidth: 0 }}>
          {t('toSettings')}
        </Button>
      }
    >
      <Box component="ul" sx={{ m: 0, p: 0, listStyle: 'none', display: 'grid', gap: 1.25 }}>
        <State
          on={feature.entitled}
          text={t(feature.entitled ? 'entitled' : 'notEntitled')}
          detail={feature.entitled ? until : t('notEntitledFix')}
        />
        <State on={feature.historyOn} text={t(feature.historyOn ? 'historyOn' : 'historyOff')} />
        <State
          on={feature.syncOn}
          text={t(feature.syncOn ? 'syncOn' : 'syncOff')}
          detail={feature.syncOn ? since : undefined}
        />
        <Box component="li" sx={{ color: 'text.secondary', fontSize: '0.8125rem' }}>
          {t('minAgentVersion', { version: feature.minAgentVersion })}
          {feature.preview && ` · ${t('preview')}`}
        </Box>
      </Box>
    </Panel>
  );
}

type StateProps = { readonly on: boolean; readonly text: string; readonly detail?: string | undefined };

function State({ on, text, detail }: StateProps) {
  return (
    <li>
      <StatusLabel
        tone={on ? 'success' : 'error'}
        icon={on ? CheckCircleIcon : ErrorIcon}
        text={text}
        detail={detail}
      />
    </li>
  );
}
