'use client';

import Box from '@mui/material/Box';
import Button from '@mui/material/Button';
import Dialog from '@mui/material/Dialog';
import DialogActions from '@mui/material/DialogActions';
import DialogContent from '@mui/material/DialogContent';
import DialogTitle from '@mui/material/DialogTitle';
import { useId } from 'react';
import { useForm, type Control } from 'react-hook-form';
import { useTranslations } from 'use-intl';
import type { z } from 'zod';
import { ErrorNotice } from '#components/error-notice.tsx';
import { useNotice } from '#components/ui/notice-provider.tsx';
import { zodResolver } from '#lib/zod-resolver.ts';
import { useSetGrant } from '../api/people.ts';
import { GrantForm, toNewGrant, type GrantFormInput } from '../grant-form.ts';
import { ExpiryField, FolderField, RightField, TargetField } from './grant-fields.tsx';

export type GrantControl = Control<GrantFormInput, unknown, z.output<typeof GrantForm>>;

/** PE-1: gives a right on a folder; the same folder and person again replaces it. */
export function GrantDialog({ onClose }: { readonly onClose: () => void }) {
  const t = useTranslations('people');
  const common = useTranslations('common');
  const titleId = useId();
  const notice = useNotice();
  const give = useSetGrant();
  const { control, handleSubmit } = useForm<GrantFormInput, unknown, z.output<typeof GrantForm>>({
    resolver: zodResolver(GrantForm),
    defaultValues: { to: null, folder: null, syncRight: 'synchronizer', lastDay: null },
  });
  const submit = handleSubmit((form) =>
    give.mutate(toNewGrant(form), {
      onSuccess: () => {
        notice(t('grants.given', { name: form.to.name }));
        onClose();
      },
    }),
  );
  return (
    <Dialog open onClose={onClose} maxWidth="sm" fullWidth aria-labelledby={titleId}>
      <form noValidate onSubmit={(event) => void submit(event)} style={{ display: 'contents' }}>
        <DialogTitle id={titleId}>{t('grants.giveTitle')}</DialogTitle>
        <DialogContent>
          <Box sx={{ display: 'grid', gap: 2.5, pt: 1 }}>
            {give.error && <ErrorNotice error={give.error} />}
            <TargetField control={control} />
            <FolderField control={control} />
            <RightField control={control} />
            <ExpiryField control={control} />
          </Box>
        </DialogContent>
        <DialogActions>
          <Button onClick={onClose}>{common('cancel')}</Button>
          <Button type="submit" variant="contained" loading={give.isPending}>
            {t('grants.give')}
          </Button>
        </DialogActions>
      </form>
    </Dialog>
  );
}
