'use client';

import ArrowUpwardIcon from '@mui/icons-material/ArrowUpward';
import BlockIcon from '@mui/icons-material/Block';
import SyncAltIcon from '@mui/icons-material/SyncAlt';
import Box from '@mui/material/Box';
import Button from '@mui/material/Button';
import TableCell from '@mui/material/TableCell';
import TableRow from '@mui/material/TableRow';
import type { SvgIconComponent } from '@mui/icons-material';
import type { Grant, SyncRight } from '@tideline/contracts';
import { useTranslations } from 'use-intl';
import { useSpaceName } from '#components/space-name.tsx';
import { StatusLabel, type Tone } from '#components/ui/status-label.tsx';
import { useLocaleChoice } from '#i18n/locale-provider.tsx';
import { formatDate } from '#lib/format.ts';
import { useNow } from '#lib/use-now.ts';
import { IdentityName } from './identity-name.tsx';

const RIGHTS: Readonly<Record<SyncRight, { tone: Tone; icon: SvgIconComponent }>> = {
  synchronizer: { tone: 'info', icon: SyncAltIcon },
  backer: { tone: 'info', icon: ArrowUpwardIcon },
  none: { tone: 'neutral', icon: BlockIcon },
};
type Props = { readonly grant: Grant; readonly onTakeBack: ((grant: Grant) => void) | undefined };

export function GrantRow({ grant, onTakeBack }: Props) {
  const t = useTranslations('people');
  const { locale } = useLocaleChoice();
  const nameOf = useSpaceName();
  return (
    <TableRow hover>
      <TableCell component="th" scope="row" sx={{ minWidth: 150 }}>
        <IdentityName type={grant.to.type} name={grant.to.name} />
      </TableCell>
      <TableCell>
        <StatusLabel {...RIGHTS[grant.syncRight]} text={t(`rights.${grant.syncRight}`)} />
      </TableCell>
      <TableCell sx={{ minWidth: 180, overflowWrap: 'anywhere' }}>
        <Box>{nameOf({ kind: grant.spaceKind, name: grant.spaceName })}</Box>
        <Box sx={{ color: 'text.secondary', fontSize: '0.8125rem' }}>{grant.path}</Box>
      </TableCell>
      <TableCell>
        <Expiry expiresAt={grant.expiresAt} />
      </TableCell>
      <TableCell sx={{ whiteSpace: 'nowrap' }}>
        {grant.createdBy ?? t('grants.bySystem')}
        <Box sx={{ color: 'text.secondary', fontSize: '0.8125rem' }}>{formatDate(grant.createdAt, locale)}</Box>
      </TableCell>
      <TableCell align="right">
        {onTakeBack && (
          <Button
            size="small"
            color="error"
            onClick={() => onTakeBack(grant)}
            aria-label={t('grants.takeBackFrom', { name: grant.to.name })}
            sx={{ whiteSpace: 'nowrap' }}
          >
            {t('grants.takeBack')}
          </Button>
        )}
      </TableCell>
    </TableRow>
  );
}

function Expiry({ expiresAt }: { readonly expiresAt: string | null }) {
  const t = useTranslations('people');
  const { locale } = useLocaleChoice();
  const nowMs = useNow();
  if (expiresAt === null) return <>{t('grants.noExpiry')}</>;
  const date = formatDate(expiresAt, locale);
  if (Date.parse(expiresAt) > nowMs) return <>{date}</>;
  return <StatusLabel tone="warning" icon={BlockIcon} text={t('grants.expired', { date })} />;
}
