'use client';

import BlockIcon from '@mui/icons-material/Block';
import CheckCircleIcon from '@mui/icons-material/CheckCircle';
import Link from '@mui/material/Link';
import TableCell from '@mui/material/TableCell';
import TableRow from '@mui/material/TableRow';
import type { User } from '@tideline/contracts';
import NextLink from 'next/link';
import { useTranslations } from 'use-intl';
import { ErrorNotice } from '#components/error-notice.tsx';
import { DataTable, type Head } from '#components/ui/data-table.tsx';
import { Loading } from '#components/ui/loading.tsx';
import { Panel } from '#components/ui/panel.tsx';
import { StatusLabel } from '#components/ui/status-label.tsx';
import { useLocaleChoice } from '#i18n/locale-provider.tsx';
import { formatCount } from '#lib/format.ts';
import { useUsers } from '../api/people.ts';

export function UsersPanel() {
  const t = useTranslations('people');
  const { locale } = useLocaleChoice();
  const { data: users, error, refetch } = useUsers();
  const heads: Head[] = [
    { key: 'name', text: t('users.name') },
    { key: 'email', text: t('users.email') },
    { key: 'role', text: t('users.role') },
    { key: 'teams', text: t('users.teams') },
    { key: 'devices', text: t('users.devices'), align: 'right' },
    { key: 'state', text: t('users.state') },
  ];
  if (error) return <ErrorNotice error={error} onRetry={() => void refetch()} />;
  if (!users) return <Loading />;
  const byName = new Intl.Collator(locale).compare;
  return (
    <Panel title={t('tabs.users')} lead={t('users.count', { count: users.length })} flush>
      <DataTable label={t('tabs.users')} heads={heads}>
        {users
          .toSorted((a, b) => byName(a.name, b.name))
          .map((user) => (
            <UserRow key={user.id} user={user} />
          ))}
      </DataTable>
    </Panel>
  );
}

function UserRow({ user }: { readonly user: User }) {
  const t = useTranslations();
  const { locale } = useLocaleChoice();
  return (
    <TableRow hover>
      <TableCell component="th" scope="row">
        {user.name}
      </TableCell>
      <TableCell>{user.email}</TableCell>
      <TableCell>{t(`shell.roles.${user.role}`)}</TableCell>
      <TableCell>{new Intl.ListFormat(locale, { type: 'unit' }).format(user.teams.map((team) => team.name))}</TableCell>
      <TableCell align="right">
        {user.devices === 0 ? (
          '0'
        ) : (
          <Link component={NextLink} href={`/devices/?search=${encodeURIComponent(user.email)}`}>
            {formatCount(user.devices, locale)}
          </Link>
        )}
      </TableCell>
      <TableCell>
        {user.disabled ? (
          <StatusLabel tone="neutral" icon={BlockIcon} text={t('people.users.disabled')} />
        ) : (
          <StatusLabel tone="success" icon={CheckCircleIcon} text={t('people.users.enabled')} />
        )}
      </TableCell>
    </TableRow>
  );
}
