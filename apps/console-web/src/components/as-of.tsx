'use client';

import Typography from '@mui/material/Typography';
import { useTranslations } from 'use-intl';
import { useLocaleChoice } from '#i18n/locale-provider.tsx';
import { formatClock } from '#lib/format.ts';

/** The server's time of the numbers on the page. */
export function AsOf({ at }: { readonly at: string | undefined }) {
  const t = useTranslations('common');
  const { locale } = useLocaleChoice();
  if (!at) return null;
  return (
    <Typography variant="body2" color="textSecondary" sx={{ fontVariantNumeric: 'tabular-nums' }}>
      {t('asOf', { time: formatClock(at, locale) })}
    </Typography>
  );
}
