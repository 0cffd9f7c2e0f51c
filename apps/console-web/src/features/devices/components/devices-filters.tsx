'use client';

import ClearIcon from '@mui/icons-material/Clear';
import Box from '@mui/material/Box';
import Button from '@mui/material/Button';
import MenuItem from '@mui/material/MenuItem';
import TextField from '@mui/material/TextField';
import { HealthWord } from '@tideline/contracts';
import { useTranslations } from 'use-intl';
import { SearchField } from '#components/ui/search-field.tsx';
import type { UrlPatch } from '#lib/use-url-state.ts';
import { isFiltered, type DevicesQuery } from '../devices-query.ts';

type Props = { readonly query: DevicesQuery; readonly patch: (change: UrlPatch, how?: 'push' | 'replace') => void };

export function DevicesFilters({ query, patch }: Props) {
  const t = useTranslations();
  return (
    <Box
      role="search"
      aria-label={t('devices.filters')}
      sx={{ display: 'flex', flexWrap: 'wrap', gap: 1.5, alignItems: 'center' }}
    >
      <SearchField
        label={t('devices.search')}
        value={query.search ?? ''}
        onSearch={(search) => patch({ search, after: undefined }, 'replace')}
      />
      <TextField
        select
        label={t('devices.health')}
        value={query.health ?? ''}
        onChange={(event) => patch({ health: event.target.value, after: undefined })}
        sx={{ width: { xs: '100%', sm: 190 } }}
        slotProps={{ select: { displayEmpty: true }, inputLabel: { shrink: true } }}
      >
        <MenuItem value="">{t('devices.anyHealth')}</MenuItem>
        {HealthWord.options.map((word) => (
          <MenuItem key={word} value={word}>
            {t(`health.words.${word}`)}
          </MenuItem>
        ))}
      </TextField>
      {isFiltered(query) && (
        <Button
          startIcon={<ClearIcon />}
          onClick={() => patch({ search: undefined, health: undefined, after: undefined })}
        >
          {t('devices.clearFilters')}
        </Button>
      )}
    </Box>
  );
}
