'use client';

import BlockIcon from '@mui/icons-material/Block';
import CancelIcon from '@mui/icons-material/Cancel';
import CheckCircleIcon from '@mui/icons-material/CheckCircle';
import HourglassIcon from '@mui/icons-material/HourglassEmpty';
import PanToolIcon from '@mui/icons-material/PanTool';
import PauseCircleIcon from '@mui/icons-material/PauseCircle';
import ScanIcon from '@mui/icons-material/ManageSearch';
import SyncIcon from '@mui/icons-material/Sync';
import WarningIcon from '@mui/icons-material/WarningAmber';
import type { FleetTask, TaskStatus } from '@tideline/contracts';
import { useTranslations } from 'use-intl';
import type { Look } from './health-mark.tsx';
import { StatusLabel } from './ui/status-label.tsx';

/** TA-8: the closed list, each with an icon of its own. */
export const TASK_LOOKS: Readonly<Record<TaskStatus, Look>> = {
  queued: { tone: 'neutral', icon: HourglassIcon },
  scanning: { tone: 'info', icon: ScanIcon },
  syncing: { tone: 'info', icon: SyncIcon },
  up_to_date: { tone: 'success', icon: CheckCircleIcon },
  up_to_date_with_failures: { tone: 'warning', icon: WarningIcon },
  paused: { tone: 'neutral', icon: PauseCircleIcon },
  blocked: { tone: 'error', icon: BlockIcon },
  held: { tone: 'warning', icon: PanToolIcon },
  cancelled: { tone: 'neutral', icon: CancelIcon },
};

export function TaskStatusMark({ task }: { readonly task: Pick<FleetTask, 'status' | 'reason'> }) {
  const t = useTranslations('task');
  const { tone, icon } = TASK_LOOKS[task.status];
  return (
    <StatusLabel
      tone={tone}
      icon={icon}
      text={t(`statuses.${task.status}`)}
      detail={task.reason ? t(`reasons.${task.reason}`) : undefined}
    />
  );
}
