'use client';

import type { Grant } from '@tideline/contracts';
import { useTranslations } from 'use-intl';
import { ErrorNotice } from '#components/error-notice.tsx';
import { useSpaceName } from '#components/space-name.tsx';
import { ConfirmDialog } from '#components/ui/confirm-dialog.tsx';
import { useNotice } from '#components/ui/notice-provider.tsx';
import { useRemoveGrant } from '../api/people.ts';

/** PE-2: says what happens before it happens. */
export function TakeBackDialog({ grant, onClose }: { readonly grant: Grant; readonly onClose: () => void }) {
  const t = useTranslations('people');
  const nameOf = useSpaceName();
  const notice = useNotice();
  const remove = useRemoveGrant();
  const confirm = () =>
    remove.mutate(grant.id, {
      onSuccess: () => {
        notice(t('grants.takenBack', { name: grant.to.name }));
        onClose();
      },
    });
  const what = {
    right: t(`rights.${grant.syncRight}`),
    name: grant.to.name,
    folder: `${nameOf({ kind: grant.spaceKind, name: grant.spaceName })}${grant.path === '/' ? '' : ` ${grant.path}`}`,
  };
  return (
    <ConfirmDialog
      open
      danger
      title={t('grants.takeBackTitle', { right: what.right, name: what.name })}
      confirmText={t('grants.takeBack')}
      busy={remove.isPending}
      onConfirm={confirm}
      onClose={onClose}
    >
      <p style={{ marginTop: 0 }}>{t('grants.takeBackWhat', what)}</p>
      <p style={{ marginBottom: 0 }}>{t('grants.takeBackText')}</p>
      {remove.error && <ErrorNotice error={remove.error} />}
    </ConfirmDialog>
  );
}
