'use client';

import Box from '@mui/material/Box';
import Button from '@mui/material/Button';
import MenuItem from '@mui/material/MenuItem';
import Select from '@mui/material/Select';
import Typography from '@mui/material/Typography';
import { useState } from 'react';
import { useTranslations } from 'use-intl';
import { useLocaleChoice } from '#i18n/locale-provider.tsx';
import { formatCount } from '#lib/format.ts';

type Props = {
  readonly shown: number;
  readonly total: number;
  readonly pageSize: number;
  readonly pageSizes: readonly number[];
  readonly after: string | undefined;
  readonly next: string | null;
  readonly onPage: (after: string | undefined) => void;
  readonly onPageSize: (pageSize: number) => void;
};

/** Pages by key, not by number: a list that changes meanwhile never repeats or skips a row. */
export function KeysetFooter({ shown, total, pageSize, pageSizes, after, next, onPage, onPageSize }: Props) {
  const t = useTranslations('common');
  const { locale } = useLocaleChoice();
  // Which page led to which; unknown for a page that was opened by its address.
  const [cameFrom, setCameFrom] = useState<ReadonlyMap<string, string | undefined>>(new Map());
  const goOn = () => {
    if (next === null) return;
    setCameFrom(new Map(cameFrom).set(next, after));
    onPage(next);
  };
  return (
    <Box
      sx={{
        display: 'flex',
        flexWrap: 'wrap',
        alignItems: 'center',
        gap: 1.5,
        px: 2,
        py: 1,
        borderTop: 1,
        borderColor: 'divider',
      }}
    >
      <Typography variant="body2" role="status">
        {t('shownOfTotal', { shown: formatCount(shown, locale), total: formatCount(total, locale) })}
      </Typography>
      <Box sx={{ flex: 1 }} />
      <Typography
        variant="body2"
        component="label"
        color="textSecondary"
        sx={{ display: 'flex', alignItems: 'center', gap: 1 }}
      >
        {t('pageSize')}
        <Select
          variant="standard"
          value={pageSize}
          onChange={(event) => onPageSize(event.target.value)}
          inputProps={{ 'aria-label': t('pageSize') }}
        >
          {pageSizes.map((size) => (
            <MenuItem key={size} value={size}>
              {size}
            </MenuItem>
          ))}
        </Select>
      </Typography>
      <Box component="nav" aria-label={t('pages')} sx={{ display: 'flex', gap: 1 }}>
        <Button size="small" disabled={after === undefined} onClick={() => onPage(undefined)}>
          {t('firstPage')}
        </Button>
        <Button
          size="small"
          disabled={after === undefined || !cameFrom.has(after)}
          onClick={() => after !== undefined && onPage(cameFrom.get(after))}
        >
          {t('previousPage')}
        </Button>
        <Button size="small" disabled={next === null} onClick={goOn}>
          {t('nextPage')}
        </Button>
      </Box>
    </Box>
  );
}
