'use client';

import Button from '@mui/material/Button';
import type { Device } from '@tideline/contracts';
import { useState } from 'react';
import { useTranslations } from 'use-intl';
import { ErrorNotice } from '#components/error-notice.tsx';
import { ConfirmDialog } from '#components/ui/confirm-dialog.tsx';
import { useNotice } from '#components/ui/notice-provider.tsx';
import { useSession } from '#lib/session.ts';
import { mayAdminister } from '#lib/access.ts';
import { useSetLifecycle } from '../api/device.ts';

/** Suspends a device, or lets it in again. */
export function LifecycleButton({ device }: { readonly device: Device }) {
  const t = useTranslations('device');
  const session = useSession();
  const notice = useNotice();
  const [open, setOpen] = useState(false);
  const change = useSetLifecycle(device.id);
  const suspended = device.lifecycle === 'suspended';
  if (!mayAdminister(session) || (device.lifecycle !== 'active' && !suspended)) return null;
  const deed = suspended ? 'letIn' : 'suspend';
  const confirm = () =>
    change.mutate(suspended ? 'active' : 'suspended', {
      onSuccess: () => {
        setOpen(false);
        notice(t(`${deed}.done`, { name: device.name }));
      },
    });
  return (
    <>
      <Button variant="outlined" color={suspended ? 'primary' : 'error'} onClick={() => setOpen(true)}>
        {t(`${deed}.button`)}
      </Button>
      <ConfirmDialog
        open={open}
        title={t(`${deed}.title`, { name: device.name })}
        confirmText={t(`${deed}.button`)}
        danger={!suspended}
        busy={change.isPending}
        onConfirm={confirm}
        onClose={() => setOpen(false)}
      >
        {t(`${deed}.text`)}
        {change.error && <ErrorNotice error={change.error} />}
      </ConfirmDialog>
    </>
  );
}
