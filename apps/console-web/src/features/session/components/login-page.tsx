'use client';

import Box from '@mui/material/Box';
import Paper from '@mui/material/Paper';
import Typography from '@mui/material/Typography';
import { useRouter, useSearchParams } from 'next/navigation';
import { useEffect } from 'react';
import { useTranslations } from 'use-intl';
import { Brand } from '#components/brand.tsx';
import { LanguageSwitch } from '#components/language-switch.tsx';
import { SchemeSwitch } from '#components/scheme-switch.tsx';
import { safeRedirect } from '#lib/safe-redirect.ts';
import { useSessionQuery } from '../api/session.ts';
import { LoginForm } from './login-form.tsx';

export function LoginPage() {
  const t = useTranslations('login');
  const router = useRouter();
  const next = safeRedirect(useSearchParams().get('next'));
  const { data: session } = useSessionQuery();
  useEffect(() => {
    document.title = `${t('title')} · Tideline`;
  }, [t]);
  useEffect(() => {
    if (session) router.replace(next);
  }, [session, next, router]);

  return (
    <Box sx={{ minHeight: '100dvh', display: 'flex', flexDirection: 'column' }}>
      <Box component="header" sx={{ display: 'flex', justifyContent: 'flex-end', gap: 0.5, p: 1.5 }}>
        <LanguageSwitch />
        <SchemeSwitch />
      </Box>
      <Box
        component="main"
        sx={{ flex: 1, display: 'grid', placeItems: 'start center', px: 2, pt: { xs: 2, sm: 8 }, pb: 6 }}
      >
        <Box sx={{ width: '100%', maxWidth: 400 }}>
          <Box sx={{ display: 'flex', justifyContent: 'center', mb: 3 }}>
            <Brand size="large" />
          </Box>
          <Paper variant="outlined" sx={{ p: { xs: 2.5, sm: 4 } }}>
            <Typography variant="h1" sx={{ mb: 0.5 }}>
              {t('title')}
            </Typography>
            <Typography color="textSecondary" sx={{ mb: 2.5 }}>
              {t('lead')}
            </Typography>
            <LoginForm />
          </Paper>
        </Box>
      </Box>
    </Box>
  );
}
