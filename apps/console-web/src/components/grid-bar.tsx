'use client';

import ViewColumnIcon from '@mui/icons-material/ViewColumn';
import Box from '@mui/material/Box';
import Button from '@mui/material/Button';
import { ColumnsPanelTrigger, Toolbar } from '@mui/x-data-grid';
import type { ReactNode } from 'react';
import { useTranslations } from 'use-intl';

declare module '@mui/x-data-grid' {
  interface ToolbarPropsOverrides {
    filters: ReactNode;
  }
}

/** Toolbar of a server-side table: its filters, and which columns to show. */
export function GridBar({ filters }: { readonly filters?: ReactNode }) {
  const t = useTranslations('common');
  return (
    <Toolbar style={{ padding: 12, gap: 12, height: 'auto', flex: 'none', flexWrap: 'wrap', alignItems: 'center' }}>
      {filters}
      <Box sx={{ flex: 1 }} />
      <ColumnsPanelTrigger render={<Button startIcon={<ViewColumnIcon />} />}>{t('columns')}</ColumnsPanelTrigger>
    </Toolbar>
  );
}
