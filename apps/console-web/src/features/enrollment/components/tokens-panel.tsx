'use client';

import BlockIcon from '@mui/icons-material/Block';
import CheckCircleIcon from '@mui/icons-material/CheckCircle';
import DoneAllIcon from '@mui/icons-material/DoneAll';
import ScheduleIcon from '@mui/icons-material/Schedule';
import VpnKeyIcon from '@mui/icons-material/VpnKeyOutlined';
import Box from '@mui/material/Box';
import Button from '@mui/material/Button';
import TableCell from '@mui/material/TableCell';
import TableRow from '@mui/material/TableRow';
import { useTranslations } from 'use-intl';
import { Age } from '#components/age.tsx';
import type { Look } from '#components/health-mark.tsx';
import { DataTable, type Head } from '#components/ui/data-table.tsx';
import { EmptyState } from '#components/ui/empty-state.tsx';
import { Panel } from '#components/ui/panel.tsx';
import { StatusLabel } from '#components/ui/status-label.tsx';
import { useLocaleChoice } from '#i18n/locale-provider.tsx';
import { formatCount, formatDateTime } from '#lib/format.ts';
import { useNow } from '#lib/use-now.ts';
import type { EnrollmentToken } from '../api/enrollment.ts';
import { tokenState, type TokenState } from '../token-state.ts';

const LOOKS: Readonly<Record<TokenState, Look>> = {
  usable: { tone: 'success', icon: CheckCircleIcon },
  used_up: { tone: 'neutral', icon: DoneAllIcon },
  expired: { tone: 'neutral', icon: ScheduleIcon },
  revoked: { tone: 'neutral', icon: BlockIcon },
};
type Revoke = (token: EnrollmentToken) => void;

export function TokensPanel({
  tokens,
  onRevoke,
}: {
  readonly tokens: readonly EnrollmentToken[];
  readonly onRevoke: Revoke;
}) {
  const t = useTranslations('enrollment');
  const heads: Head[] = [
    { key: 'label', text: t('columns.label') },
    { key: 'state', text: t('columns.state') },
    { key: 'for', text: t('columns.for') },
    { key: 'uses', text: t('columns.uses'), align: 'right' },
    { key: 'expires', text: t('columns.expires') },
    { key: 'created', text: t('columns.created') },
    { key: 'actions', text: t('columns.actions'), hidden: true },
  ];
  return (
    <Panel title={t('tokens')} flush>
      <DataTable
        label={t('tokens')}
        heads={heads}
        empty={
          tokens.length === 0 && (
            <EmptyState icon={<VpnKeyIcon />} title={t('none')}>
              {t('noneText')}
            </EmptyState>
          )
        }
      >
        {tokens.map((token) => (
          <TokenRow key={token.id} token={token} onRevoke={onRevoke} />
        ))}
      </DataTable>
    </Panel>
  );
}

function TokenRow({ token, onRevoke }: { readonly token: EnrollmentToken; readonly onRevoke: Revoke }) {
  const t = useTranslations('enrollment');
  const { locale } = useLocaleChoice();
  const state = tokenState(token, useNow());
  const limit = token.maxUses === null ? t('unlimited') : formatCount(token.maxUses, locale);
  return (
    <TableRow hover>
      <TableCell component="th" scope="row" sx={{ minWidth: 160 }}>
        {token.label}
        {token.loopbackOnly && (
          <Box sx={{ color: 'text.secondary', fontSize: '0.8125rem', fontWeight: 400 }}>{t('loopbackOnly')}</Box>
        )}
      </TableCell>
      <TableCell>
        <StatusLabel {...LOOKS[state]} text={t(`states.${state}`)} />
      </TableCell>
      <TableCell sx={{ minWidth: 160 }}>
        <ForWhom token={token} />
      </TableCell>
      <TableCell align="right" sx={{ whiteSpace: 'nowrap', fontVariantNumeric: 'tabular-nums' }}>
        {formatCount(token.uses, locale)} / {limit}
      </TableCell>
      <TableCell sx={{ whiteSpace: 'nowrap' }}>
        {token.expiresAt === null ? t('noExpiry') : formatDateTime(token.expiresAt, locale)}
      </TableCell>
      <TableCell sx={{ whiteSpace: 'nowrap' }}>
        <Age at={token.createdAt} never="" />
      </TableCell>
      <TableCell align="right">
        {state === 'usable' && (
          <Button
            size="small"
            color="error"
            onClick={() => onRevoke(token)}
            aria-label={t('revokeOf', { label: token.label })}
          >
            {t('revoke')}
          </Button>
        )}
      </TableCell>
    </TableRow>
  );
}

function ForWhom({ token }: { readonly token: EnrollmentToken }) {
  const t = useTranslations('enrollment');
  const { locale } = useLocaleChoice();
  if (token.team !== null) return <>{t('forTeam', { team: token.team })}</>;
  if (token.users.length === 0) return <>{t('forAnyUser')}</>;
  return <>{new Intl.ListFormat(locale, { type: 'unit' }).format(token.users)}</>;
}
