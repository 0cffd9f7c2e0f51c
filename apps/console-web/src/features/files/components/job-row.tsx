'use client';

import BlockIcon from '@mui/icons-material/Block';
import CheckCircleIcon from '@mui/icons-material/CheckCircle';
import ErrorIcon from '@mui/icons-material/Error';
import HourglassIcon from '@mui/icons-material/HourglassEmpty';
import PreviewIcon from '@mui/icons-material/FactCheckOutlined';
import SyncIcon from '@mui/icons-material/Sync';
import WarningIcon from '@mui/icons-material/WarningAmber';
import Box from '@mui/material/Box';
import Button from '@mui/material/Button';
import LinearProgress from '@mui/material/LinearProgress';
import TableCell from '@mui/material/TableCell';
import TableRow from '@mui/material/TableRow';
import { useTranslations } from 'use-intl';
import { Age } from '#components/age.tsx';
import type { Look } from '#components/health-mark.tsx';
import { StatusLabel } from '#components/ui/status-label.tsx';
import { errorText } from '#i18n/error-text.ts';
import { useLocaleChoice } from '#i18n/locale-provider.tsx';
import { formatCount, formatDateTime } from '#lib/format.ts';
import type { JobState, ShownJob } from '../shown-job.ts';

const LOOKS: Readonly<Record<JobState, Look>> = {
  running: { tone: 'info', icon: SyncIcon },
  planning: { tone: 'info', icon: SyncIcon },
  applying: { tone: 'info', icon: SyncIcon },
  planned: { tone: 'neutral', icon: PreviewIcon },
  waiting: { tone: 'warning', icon: HourglassIcon },
  done: { tone: 'success', icon: CheckCircleIcon },
  refused: { tone: 'warning', icon: WarningIcon },
  failed: { tone: 'error', icon: ErrorIcon },
  cancelled: { tone: 'neutral', icon: BlockIcon },
};

type Props = { readonly job: ShownJob; readonly onCancel: (job: ShownJob) => void };

export function JobRow({ job, onCancel }: Props) {
  const t = useTranslations('files.jobs');
  const { locale } = useLocaleChoice();
  const name = useJobName()(job);
  return (
    <TableRow hover>
      <TableCell component="th" scope="row" sx={{ minWidth: 180, overflowWrap: 'anywhere' }}>
        {name}
        {job.kind === 'restore' && (
          <Box sx={{ color: 'text.secondary', fontSize: '0.8125rem', fontWeight: 400 }}>
            {t('asOf', { time: formatDateTime(job.at, locale) })}
          </Box>
        )}
      </TableCell>
      <TableCell sx={{ minWidth: 110, overflowWrap: 'anywhere' }}>{job.by}</TableCell>
      <TableCell sx={{ minWidth: 150, maxWidth: 320 }}>
        <StatusLabel
          {...LOOKS[job.state]}
          text={t(`states.${job.state}`)}
          detail={job.reason === null ? undefined : errorText(job.reason, {}, locale).message}
        />
      </TableCell>
      <TableCell sx={{ minWidth: 140 }}>
        <Progress job={job} />
      </TableCell>
      <TableCell sx={{ whiteSpace: 'nowrap' }}>
        <Age at={job.createdAt} never="" />
      </TableCell>
      <TableCell align="right">
        {job.canCancel && (
          <Button size="small" color="error" onClick={() => onCancel(job)} aria-label={t('cancelOf', { name })}>
            {t('cancel')}
          </Button>
        )}
      </TableCell>
    </TableRow>
  );
}

function Progress({ job: { kind, progress, leftOut, state } }: Pick<Props, 'job'>) {
  const t = useTranslations('files.jobs');
  const { locale } = useLocaleChoice();
  const { done, of } = progress;
  const stepsOf = (all: number) =>
    all === 0 ? t('nothing') : t('steps', { done: formatCount(done, locale), of: formatCount(all, locale) });
  const text = of === null ? t('copied', { count: done }) : stepsOf(of);
  return (
    <Box sx={{ fontVariantNumeric: 'tabular-nums' }}>
      {kind === 'restore' && state === 'planning' ? '–' : text}
      {of !== null && state === 'applying' && (
        <LinearProgress
          variant="determinate"
          value={(100 * done) / Math.max(1, of)}
          aria-label={text}
          sx={{ mt: 0.5, borderRadius: 1 }}
        />
      )}
      {leftOut > 0 && (
        <Box sx={{ color: 'text.secondary', fontSize: '0.8125rem' }}>{t('leftOut', { count: leftOut })}</Box>
      )}
    </Box>
  );
}

/** What is gone or not to be seen has none. */
export function useJobName(): (job: ShownJob) => string {
  const t = useTranslations('files.jobs');
  return ({ kind, name }) => name ?? t(kind === 'copy' ? 'goneCopy' : 'wholeSpace');
}
