'use client';

import ArrowUpwardIcon from '@mui/icons-material/ArrowUpward';
import HelpIcon from '@mui/icons-material/HelpOutlined';
import ReportProblemIcon from '@mui/icons-material/ReportProblem';
import SyncAltIcon from '@mui/icons-material/SyncAlt';
import VerifiedIcon from '@mui/icons-material/Verified';
import Box from '@mui/material/Box';
import TableCell from '@mui/material/TableCell';
import TableRow from '@mui/material/TableRow';
import type { FleetTask } from '@tideline/contracts';
import { useTranslations } from 'use-intl';
import { Age } from '#components/age.tsx';
import { TaskStatusMark } from '#components/task-status-mark.tsx';
import { StatusLabel } from '#components/ui/status-label.tsx';
import { useLocaleChoice } from '#i18n/locale-provider.tsx';
import { formatBytes, formatCount } from '#lib/format.ts';

export function TaskRow({ task }: { readonly task: FleetTask }) {
  const t = useTranslations('device');
  const tTask = useTranslations('task');
  const { locale } = useLocaleChoice();
  const ModeIcon = task.mode === 'bidirectional' ? SyncAltIcon : ArrowUpwardIcon;
  return (
    <TableRow>
      <TableCell component="th" scope="row" sx={{ minWidth: 170 }} aria-live="polite">
        <TaskStatusMark task={task} />
        <Problems task={task} />
      </TableCell>
      <TableCell sx={{ minWidth: 210, overflowWrap: 'break-word' }}>
        <TaskFolders task={task} />
      </TableCell>
      <TableCell sx={{ whiteSpace: 'nowrap' }}>
        <StatusLabel tone="neutral" icon={ModeIcon} text={tTask(`modes.${task.mode}`)} />
      </TableCell>
      <NumberCell>{formatCount(task.files, locale)}</NumberCell>
      <NumberCell detail={task.pendingBytes > 0 ? formatBytes(task.pendingBytes, locale) : undefined}>
        {formatCount(task.pending, locale)}
      </NumberCell>
      <NumberCell>{formatCount(task.failed, locale)}</NumberCell>
      <NumberCell>{formatCount(task.skipped, locale)}</NumberCell>
      <TableCell sx={{ whiteSpace: 'nowrap' }}>
        <Age at={task.lastFullSync} never={t('neverSynced')} />
      </TableCell>
      <TableCell sx={{ whiteSpace: 'nowrap' }}>
        <VerifiedMark verified={task.verified} />
      </TableCell>
    </TableRow>
  );
}

function NumberCell({ children, detail }: { readonly children: string; readonly detail?: string | undefined }) {
  return (
    <TableCell align="right" sx={{ fontVariantNumeric: 'tabular-nums' }}>
      {children}
      {detail && <Box sx={{ fontSize: '0.75rem', color: 'text.secondary', whiteSpace: 'nowrap' }}>{detail}</Box>}
    </TableCell>
  );
}

/** PE-5: of a personal space neither folder is told to the console. */
function TaskFolders({ task }: { readonly task: FleetTask }) {
  const t = useTranslations('task');
  return (
    <>
      <Box sx={{ fontWeight: 600 }}>{task.cloudPath ?? t('privateCloud')}</Box>
      <Box sx={{ fontSize: '0.8125rem', color: 'text.secondary' }}>
        {task.localPath === null ? t('privateLocal') : t('onDevice', { path: task.localPath })}
      </Box>
    </>
  );
}

function Problems({ task }: { readonly task: FleetTask }) {
  const t = useTranslations('task');
  if (task.problems.length === 0 && task.holds === 0) return null;
  return (
    <Box
      component="ul"
      sx={{ m: 0, mt: 0.5, pl: 3.25, listStyle: 'none', color: 'text.secondary', fontSize: '0.75rem', fontWeight: 400 }}
    >
      {task.holds > 0 && <li>{t('holds', { count: task.holds })}</li>}
      {task.problems.map(({ code, count }) => (
        <li key={code}>{t('problem', { text: t(`problems.${code}`), count })}</li>
      ))}
    </Box>
  );
}

/** SA-5: more than up to date; `null` is not checked since the last change. */
function VerifiedMark({ verified }: { readonly verified: boolean | null }) {
  const t = useTranslations('task');
  if (verified === null) return <StatusLabel tone="neutral" icon={HelpIcon} text={t('verified.unknown')} />;
  if (verified) return <StatusLabel tone="success" icon={VerifiedIcon} text={t('verified.yes')} />;
  return <StatusLabel tone="error" icon={ReportProblemIcon} text={t('verified.no')} />;
}
