'use client';

import DevicesIcon from '@mui/icons-material/DevicesOutlined';
import Box from '@mui/material/Box';
import Button from '@mui/material/Button';
import Paper from '@mui/material/Paper';
import NextLink from 'next/link';
import { useTranslations } from 'use-intl';
import { CopyField } from '#components/ui/copy-field.tsx';
import { EmptyState } from '#components/ui/empty-state.tsx';
import { useSession } from '#lib/session.ts';
import { mayAdminister } from '#lib/access.ts';
import { enrollCommand } from '#lib/enroll-command.ts';

export function NoDevices() {
  const t = useTranslations('devices');
  const session = useSession();
  return (
    <Paper variant="outlined">
      <EmptyState icon={<DevicesIcon />} title={t('emptyTitle')}>
        <Box sx={{ display: 'grid', gap: 2, mt: 1 }}>
          <span>{t('emptyText')}</span>
          <CopyField label={t('command')} text={enrollCommand({ server: location.origin })} />
          {mayAdminister(session) && (
            <Button component={NextLink} href="/enrollment/" variant="contained" sx={{ justifySelf: 'center' }}>
              {t('createToken')}
            </Button>
          )}
        </Box>
      </EmptyState>
    </Paper>
  );
}
