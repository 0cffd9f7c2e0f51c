'use client';

import CheckCircleIcon from '@mui/icons-material/CheckCircle';
import RadioButtonIcon from '@mui/icons-material/RadioButtonUnchecked';
import Box from '@mui/material/Box';
import Button from '@mui/material/Button';
import Typography from '@mui/material/Typography';
import type { FeatureState } from '@tideline/contracts';
import NextLink from 'next/link';
import { useTranslations } from 'use-intl';
import { Panel } from '#components/ui/panel.tsx';

type Step = { readonly key: 'history' | 'enable' | 'grant' | 'enroll'; readonly href: string; readonly done: boolean };

/** What leads from an empty enterprise to the first device. */
export function FirstSteps({ feature }: { readonly feature: FeatureState }) {
  const t = useTranslations('firstSteps');
  const steps: readonly Step[] = [
    { key: 'history', href: '/settings/', done: feature.historyOn },
    { key: 'enable', href: '/settings/', done: feature.syncOn },
    { key: 'grant', href: '/people/', done: false },
    { key: 'enroll', href: '/enrollment/', done: false },
  ];
  return (
    <Panel title={t('title')} lead={t('lead')}>
      <Box component="ol" sx={{ m: 0, p: 0, listStyle: 'none', display: 'grid', gap: 1.5 }}>
        {steps.map(({ key, href, done }) => (
          <Box component="li" key={key} sx={{ display: 'flex', gap: 1.5, alignItems: 'center', flexWrap: 'wrap' }}>
            {done ? (
              <CheckCircleIcon color="success" titleAccess={t('done')} />
            ) : (
              <RadioButtonIcon color="action" titleAccess={t('open')} />
            )}
            <Box sx={{ flex: '1 1 16rem' }}>
              <Typography sx={{ fontWeight: 600 }}>{t(`steps.${key}`)}</Typography>
              <Typography variant="body2" color="textSecondary">
                {t(`details.${key}`)}
              </Typography>
            </Box>
            {!done && (
              <Button component={NextLink} href={href} size="small" variant="outlined">
                {t(`actions.${key}`)}
              </Button>
            )}
          </Box>
        ))}
      </Box>
    </Panel>
  );
}
