'use client';

import Box from '@mui/material/Box';
import type { SpaceId } from '@tideline/contracts';
import { useTranslations } from 'use-intl';
import { ErrorNotice } from '#components/error-notice.tsx';
import { ConfirmDialog } from '#components/ui/confirm-dialog.tsx';
import { useNotice } from '#components/ui/notice-provider.tsx';
import { useCancelJob } from '../api/space-jobs.ts';
import type { ShownJob } from '../shown-job.ts';
import { useJobName } from './job-row.tsx';

type Props = { readonly spaceId: SpaceId; readonly job: ShownJob; readonly onClose: () => void };

export function CancelJobDialog({ spaceId, job, onClose }: Props) {
  const t = useTranslations('files.jobs');
  const notice = useNotice();
  const cancel = useCancelJob(spaceId);
  const name = useJobName()(job);
  const confirm = () =>
    cancel.mutate(job, {
      onSuccess: () => {
        notice(t('cancelled', { name }));
        onClose();
      },
    });
  return (
    <ConfirmDialog
      open
      title={t(job.kind === 'copy' ? 'cancelCopyTitle' : 'cancelRestoreTitle', { name })}
      confirmText={t(job.kind === 'copy' ? 'cancelCopy' : 'cancelRestore')}
      danger
      busy={cancel.isPending}
      onConfirm={confirm}
      onClose={onClose}
    >
      {t('cancelText', { by: job.by })}
      {cancel.error && (
        <Box sx={{ mt: 2 }}>
          <ErrorNotice error={cancel.error} />
        </Box>
      )}
    </ConfirmDialog>
  );
}
