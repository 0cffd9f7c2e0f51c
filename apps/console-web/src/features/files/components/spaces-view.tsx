'use client';

import FolderOffIcon from '@mui/icons-material/FolderOff';
import Box from '@mui/material/Box';
import ButtonBase from '@mui/material/ButtonBase';
import Paper from '@mui/material/Paper';
import Typography from '@mui/material/Typography';
import type { Space } from '@tideline/contracts';
import NextLink from 'next/link';
import { useTranslations } from 'use-intl';
import { SPACE_ICONS, useSpaceName } from '#components/space-name.tsx';
import { EmptyState } from '#components/ui/empty-state.tsx';
import { PageHeader } from '#components/ui/page-header.tsx';
import { useLocaleChoice } from '#i18n/locale-provider.tsx';
import { formatBytes } from '#lib/format.ts';
import { folderHref } from '../files-query.ts';

export function SpacesView({ spaces }: { readonly spaces: readonly Space[] }) {
  const t = useTranslations('files');
  return (
    <>
      <PageHeader title={t('title')} lead={t('lead')} />
      {spaces.length === 0 ? (
        <Paper variant="outlined">
          <EmptyState icon={<FolderOffIcon />} title={t('noSpaces')}>
            {t('noSpacesText')}
          </EmptyState>
        </Paper>
      ) : (
        <Box
          component="ul"
          sx={{
            m: 0,
            p: 0,
            listStyle: 'none',
            display: 'grid',
            gap: 1.5,
            gridTemplateColumns: 'repeat(auto-fill, minmax(min(100%, 280px), 1fr))',
          }}
        >
          {spaces.map((space) => (
            <SpaceCard key={space.id} space={space} />
          ))}
        </Box>
      )}
    </>
  );
}

function SpaceCard({ space }: { readonly space: Space }) {
  const t = useTranslations('files');
  const { locale } = useLocaleChoice();
  const nameOf = useSpaceName();
  const Icon = SPACE_ICONS[space.kind];
  const used = formatBytes(space.usedBytes, locale);
  return (
    <Box component="li">
      <ButtonBase
        component={NextLink}
        href={folderHref(space.id)}
        sx={{
          width: '100%',
          height: '100%',
          p: 2,
          gap: 1.75,
          justifyContent: 'flex-start',
          textAlign: 'left',
          borderRadius: 1,
          border: 1,
          borderColor: 'divider',
          bgcolor: 'background.paper',
          '&:hover': { borderColor: 'primary.main' },
          '&.Mui-focusVisible': { outline: '2px solid', outlineColor: 'primary.main', outlineOffset: 2 },
        }}
      >
        <Icon aria-hidden sx={{ fontSize: 30, color: 'primary.main' }} />
        <Box sx={{ minWidth: 0 }}>
          <Typography noWrap sx={{ fontWeight: 600 }}>
            {nameOf(space)}
          </Typography>
          <Typography variant="body2" color="textSecondary">
            {space.quotaBytes === null
              ? t('used', { used })
              : t('usedOf', { used, quota: formatBytes(space.quotaBytes, locale) })}
          </Typography>
        </Box>
      </ButtonBase>
    </Box>
  );
}
