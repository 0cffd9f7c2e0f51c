'use client';

import type { OwnDevice } from '@tideline/contracts';
import { useTranslations } from 'use-intl';
import { ErrorNotice } from '#components/error-notice.tsx';
import { ConfirmDialog } from '#components/ui/confirm-dialog.tsx';
import { useNotice } from '#components/ui/notice-provider.tsx';
import { useOpenPersonalSpace } from '../api/own-devices.ts';

/** PE-5: says what the device will be able to do before it can. */
export function OpenSpaceDialog({ device, onClose }: { readonly device: OwnDevice; readonly onClose: () => void }) {
  const t = useTranslations('ownDevices');
  const notice = useNotice();
  const open = useOpenPersonalSpace();
  const confirm = () =>
    open.mutate(device.id, {
      onSuccess: () => {
        notice(t('opened', { name: device.name }));
        onClose();
      },
    });
  return (
    <ConfirmDialog
      open
      title={t('openTitle', { name: device.name })}
      confirmText={t('open')}
      busy={open.isPending}
      onConfirm={confirm}
      onClose={onClose}
    >
      <p style={{ marginTop: 0 }}>{t('openMeans', { name: device.name })}</p>
      <p style={{ marginBottom: 0 }}>{t('openOnlyIfYours')}</p>
      {open.error && <ErrorNotice error={open.error} />}
    </ConfirmDialog>
  );
}
