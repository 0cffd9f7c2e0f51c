import Box from '@mui/material/Box';
import CircularProgress from '@mui/material/CircularProgress';
import { useTranslations } from 'use-intl';

export function Loading() {
  const t = useTranslations('common');
  return (
    <Box role="status" sx={{ display: 'flex', justifyContent: 'center', py: 8 }}>
      <CircularProgress size={28} aria-label={t('loading')} />
    </Box>
  );
}
