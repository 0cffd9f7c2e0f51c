'use client';

import CheckCircleIcon from '@mui/icons-material/CheckCircle';
import DownloadIcon from '@mui/icons-material/Download';
import Box from '@mui/material/Box';
import Chip from '@mui/material/Chip';
import IconButton from '@mui/material/IconButton';
import Tooltip from '@mui/material/Tooltip';
import Typography from '@mui/material/Typography';
import type { DriveNode, NodeVersion } from '@tideline/contracts';
import { useTranslations } from 'use-intl';
import { useLocaleChoice } from '#i18n/locale-provider.tsx';
import { formatBytes, formatDateTime, shortContentId } from '#lib/format.ts';
import { MONO_FONTS } from '#lib/theme.ts';
import { downloadUrl } from '../api/files.ts';

type Props = { readonly node: DriveNode; readonly version: NodeVersion };

export function VersionItem({ node, version }: Props) {
  const t = useTranslations('files');
  const { locale } = useLocaleChoice();
  const when = formatDateTime(version.createdAt, locale);
  return (
    <Box component="li" sx={{ display: 'flex', gap: 1, py: 1.5, borderBottom: 1, borderColor: 'divider' }}>
      <Box sx={{ flex: 1, minWidth: 0 }}>
        <Box sx={{ display: 'flex', flexWrap: 'wrap', gap: 1, alignItems: 'center', fontWeight: 600 }}>
          <time dateTime={version.createdAt}>{when}</time>
          {version.isHead && (
            <Chip size="small" color="success" variant="outlined" icon={<CheckCircleIcon />} label={t('current')} />
          )}
        </Box>
        <Typography variant="body2">{whoOf(version, t('unknownAuthor'))}</Typography>
        <Typography variant="body2" color="textSecondary">
          {t(`origins.${version.origin}`)} · {formatBytes(version.size, locale)} ·{' '}
          <Tooltip title={version.contentId}>
            <Box component="code" sx={{ fontFamily: MONO_FONTS, fontSize: '0.75rem' }}>
              {shortContentId(version.contentId)}
            </Box>
          </Tooltip>
        </Typography>
      </Box>
      <Tooltip title={t('downloadVersion')}>
        <IconButton
          component="a"
          href={downloadUrl(node.id, version.id)}
          download={node.name}
          aria-label={t('downloadVersionOf', { time: when })}
          sx={{ alignSelf: 'center' }}
        >
          <DownloadIcon />
        </IconButton>
      </Tooltip>
    </Box>
  );
}

function whoOf(version: NodeVersion, unknown: string): string {
  const author = version.author?.name ?? unknown;
  return version.device ? `${author} · ${version.device.name}` : author;
}
