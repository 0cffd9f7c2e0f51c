'use client';

import DevicesIcon from '@mui/icons-material/DevicesOutlined';
import Box from '@mui/material/Box';
import type { HealthWord, Overview } from '@tideline/contracts';
import { useTranslations } from 'use-intl';
import { HEALTH_LOOKS } from '#components/health-mark.tsx';
import { KpiTile } from '#components/ui/kpi-tile.tsx';
import { useLocaleChoice } from '#i18n/locale-provider.tsx';
import { formatCount, formatShare } from '#lib/format.ts';

type Counts = Overview['devices'];
const TILES: readonly { word: HealthWord; count: (counts: Counts) => number }[] = [
  { word: 'failing', count: (counts) => counts.failing },
  { word: 'attention', count: (counts) => counts.attention },
  { word: 'offline', count: (counts) => counts.offline },
  { word: 'no_tasks', count: (counts) => counts.noTasks },
];

export function FleetTiles({ devices }: { readonly devices: Counts }) {
  const t = useTranslations('overview');
  const { locale } = useLocaleChoice();
  const ofTotal = { healthy: formatCount(devices.healthy, locale), total: formatCount(devices.withTasks, locale) };
  return (
    <Box
      component="section"
      aria-label={t('tiles')}
      sx={{
        display: 'grid',
        gap: 1.5,
        gridTemplateColumns: {
          xs: 'repeat(2, minmax(0,1fr))',
          sm: 'repeat(3, minmax(0,1fr))',
          lg: 'repeat(6, minmax(0,1fr))',
        },
      }}
    >
      <KpiTile
        href="/devices/"
        label={t('active')}
        value={formatCount(devices.active, locale)}
        detail={t('activeDetail')}
        icon={DevicesIcon}
        tone="info"
      />
      <KpiTile
        href="/devices/?health=healthy"
        label={t('healthy')}
        value={devices.withTasks === 0 ? '–' : formatShare(devices.healthy, devices.withTasks, locale)}
        detail={t('healthyDetail', ofTotal)}
        icon={HEALTH_LOOKS.healthy.icon}
        tone={devices.healthy > 0 ? 'success' : 'neutral'}
      />
      {TILES.map(({ word, count }) => (
        <KpiTile
          key={word}
          href={`/devices/?health=${word}`}
          label={t(`tile.${word}`)}
          value={formatCount(count(devices), locale)}
          detail={t(`tileDetail.${word}`)}
          icon={HEALTH_LOOKS[word].icon}
          tone={count(devices) > 0 ? HEALTH_LOOKS[word].tone : 'neutral'}
        />
      ))}
    </Box>
  );
}
