'use client';

import Button from '@mui/material/Button';
import NextLink from 'next/link';
import { useTranslations } from 'use-intl';
import { EmptyState } from './ui/empty-state.tsx';

export function NotFoundPage() {
  const t = useTranslations('notFound');
  return (
    <main>
      <EmptyState title={t('title')}>
        <p>{t('text')}</p>
        <Button component={NextLink} href="/" variant="contained">
          {t('home')}
        </Button>
      </EmptyState>
    </main>
  );
}
