'use client';

import Box from '@mui/material/Box';
import Table from '@mui/material/Table';
import TableBody from '@mui/material/TableBody';
import TableCell from '@mui/material/TableCell';
import TableRow from '@mui/material/TableRow';
import { TaskStatus } from '@tideline/contracts';
import { useTranslations } from 'use-intl';
import { TASK_LOOKS } from '#components/task-status-mark.tsx';
import { Panel } from '#components/ui/panel.tsx';
import { StatusLabel, type Tone } from '#components/ui/status-label.tsx';
import { useLocaleChoice } from '#i18n/locale-provider.tsx';
import { formatCount } from '#lib/format.ts';
import { tasksByState, type StateCount } from '../tasks-by-state.ts';

const FILLS: Readonly<Record<Tone, string>> = {
  success: 'success.main',
  warning: 'warning.main',
  error: 'error.main',
  info: 'info.main',
  neutral: 'text.disabled',
};

export function TasksByState({ tasks }: { readonly tasks: Readonly<Record<string, number>> }) {
  const t = useTranslations('overview');
  const states = tasksByState(tasks, TaskStatus.options);
  const total = states.reduce((sum, state) => sum + state.count, 0);
  return (
    <Panel title={t('tasksByState')} lead={t('tasksTotal', { count: total })}>
      {total > 0 && (
        <>
          <Bar states={states} />
          <StateTable states={states} />
        </>
      )}
    </Panel>
  );
}

/** A picture of the table below it, so it is not read aloud a second time. */
function Bar({ states }: { readonly states: readonly StateCount[] }) {
  return (
    <Box aria-hidden sx={{ display: 'flex', gap: '2px', height: 12, borderRadius: 6, overflow: 'hidden', mb: 1 }}>
      {states.map(({ status, count }) => (
        <Box key={status} sx={{ flexGrow: count, minWidth: 4, bgcolor: FILLS[TASK_LOOKS[status].tone] }} />
      ))}
    </Box>
  );
}

function StateTable({ states }: { readonly states: readonly StateCount[] }) {
  const t = useTranslations();
  const { locale } = useLocaleChoice();
  return (
    <Table size="small" aria-label={t('overview.tasksByState')}>
      <TableBody>
        {states.map(({ status, count }) => (
          <TableRow key={status} sx={{ '&:last-child > *': { borderBottom: 0 } }}>
            <TableCell component="th" scope="row" sx={{ px: 0 }}>
              <StatusLabel {...TASK_LOOKS[status]} text={t(`task.statuses.${status}`)} />
            </TableCell>
            <TableCell align="right" sx={{ px: 0, fontVariantNumeric: 'tabular-nums', fontWeight: 600 }}>
              {formatCount(count, locale)}
            </TableCell>
          </TableRow>
        ))}
      </TableBody>
    </Table>
  );
}
