'use client';

import ViewColumnIcon from '@mui/icons-material/ViewColumn';
import Button from '@mui/material/Button';
import { ColumnsPanelTrigger, Toolbar } from '@mui/x-data-grid';
import { useTranslations } from 'use-intl';

/** Toolbar of a server-side table: which columns to show. Filters stand above it, because they belong to the address. */
export function GridBar() {
  const t = useTranslations('common');
  return (
    <Toolbar style={{ justifyContent: 'flex-end', minHeight: 40, padding: '2px 8px' }}>
      <ColumnsPanelTrigger render={<Button size="small" startIcon={<ViewColumnIcon />} />}>
        {t('columns')}
      </ColumnsPanelTrigger>
    </Toolbar>
  );
}
