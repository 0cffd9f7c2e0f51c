'use client';

import FolderIcon from '@mui/icons-material/FolderOutlined';
import type { FleetTask } from '@tideline/contracts';
import { useTranslations } from 'use-intl';
import { DataTable, type Head } from '#components/ui/data-table.tsx';
import { EmptyState } from '#components/ui/empty-state.tsx';
import { Panel } from '#components/ui/panel.tsx';
import { TaskRow } from './task-row.tsx';

const NUMBERS = ['files', 'pending', 'failed', 'skipped'] as const;

export function DeviceTasks({ tasks }: { readonly tasks: readonly FleetTask[] }) {
  const t = useTranslations('device');
  const heads: Head[] = [
    { key: 'status', text: t('taskColumns.status') },
    { key: 'folders', text: t('taskColumns.folders') },
    { key: 'mode', text: t('taskColumns.mode') },
    ...NUMBERS.map((key): Head => ({ key, text: t(`taskColumns.${key}`), align: 'right' })),
    { key: 'lastFullSync', text: t('taskColumns.lastFullSync') },
    { key: 'verified', text: t('taskColumns.verified') },
  ];
  return (
    <Panel title={t('tasks')} lead={t('tasksLead')} flush>
      <DataTable
        label={t('tasks')}
        heads={heads}
        empty={
          tasks.length === 0 && (
            <EmptyState icon={<FolderIcon />} title={t('noTasksTitle')}>
              {t('noTasksText')}
            </EmptyState>
          )
        }
      >
        {tasks.map((task) => (
          <TaskRow key={task.id} task={task} />
        ))}
      </DataTable>
    </Panel>
  );
}
