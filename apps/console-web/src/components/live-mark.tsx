'use client';

import BoltIcon from '@mui/icons-material/Bolt';
import SyncIcon from '@mui/icons-material/Sync';
import Box from '@mui/material/Box';
import { useTranslations } from 'use-intl';
import { useLiveState } from './live-provider.tsx';

export function LiveMark() {
  const t = useTranslations('shell');
  const state = useLiveState();
  if (state === 'none') return null;
  const Icon = state === 'live' ? BoltIcon : SyncIcon;
  return (
    <Box
      role="status"
      sx={{
        display: 'inline-flex',
        alignItems: 'center',
        gap: 0.5,
        px: 1,
        py: 0.25,
        borderRadius: 4,
        border: 1,
        borderColor: 'divider',
        color: state === 'live' ? 'success.main' : 'warning.main',
        fontSize: '0.8125rem',
        fontWeight: 600,
        whiteSpace: 'nowrap',
      }}
    >
      <Icon aria-hidden sx={{ fontSize: 16 }} />
      {t(`live.${state}`)}
    </Box>
  );
}
