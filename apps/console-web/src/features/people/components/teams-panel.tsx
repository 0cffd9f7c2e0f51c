'use client';

import GroupsIcon from '@mui/icons-material/Groups';
import Box from '@mui/material/Box';
import TableCell from '@mui/material/TableCell';
import TableRow from '@mui/material/TableRow';
import { useTranslations } from 'use-intl';
import { ErrorNotice } from '#components/error-notice.tsx';
import { DataTable, type Head } from '#components/ui/data-table.tsx';
import { EmptyState } from '#components/ui/empty-state.tsx';
import { Loading } from '#components/ui/loading.tsx';
import { Panel } from '#components/ui/panel.tsx';
import { useLocaleChoice } from '#i18n/locale-provider.tsx';
import { formatCount } from '#lib/format.ts';
import { useTeams } from '../api/people.ts';
import { teamTree } from '../team-tree.ts';

export function TeamsPanel() {
  const t = useTranslations('people');
  const { locale } = useLocaleChoice();
  const { data: teams, error, refetch } = useTeams();
  const heads: Head[] = [
    { key: 'name', text: t('teams.name') },
    { key: 'members', text: t('teams.members'), align: 'right' },
  ];
  if (error) return <ErrorNotice error={error} onRetry={() => void refetch()} />;
  if (!teams) return <Loading />;
  if (teams.length === 0) return <EmptyState icon={<GroupsIcon />} title={t('teams.none')} />;
  return (
    <Panel title={t('tabs.teams')} lead={t('teams.lead')} flush>
      <DataTable label={t('tabs.teams')} heads={heads}>
        {teamTree(teams, locale).map(({ team, depth }) => (
          <TableRow key={team.id} hover>
            <TableCell component="th" scope="row">
              <Box sx={{ pl: depth * 3, display: 'flex', gap: 1, alignItems: 'center' }}>
                <GroupsIcon fontSize="small" color="action" aria-hidden />
                {team.name}
              </Box>
            </TableCell>
            <TableCell align="right">{formatCount(team.members, locale)}</TableCell>
          </TableRow>
        ))}
      </DataTable>
    </Panel>
  );
}
