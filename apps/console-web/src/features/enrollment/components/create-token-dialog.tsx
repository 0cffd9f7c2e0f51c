'use client';

import Box from '@mui/material/Box';
import Button from '@mui/material/Button';
import Dialog from '@mui/material/Dialog';
import DialogActions from '@mui/material/DialogActions';
import DialogContent from '@mui/material/DialogContent';
import DialogTitle from '@mui/material/DialogTitle';
import { useId } from 'react';
import { useForm, useWatch } from 'react-hook-form';
import { useTranslations } from 'use-intl';
import type { z } from 'zod';
import { ErrorNotice } from '#components/error-notice.tsx';
import { zodResolver } from '#lib/zod-resolver.ts';
import { useCreateToken } from '../api/enrollment.ts';
import { TokenForm, toNewToken, type TokenFormInput } from '../token-form.ts';
import { SecretShown } from './secret-shown.tsx';
import { TokenFields } from './token-fields.tsx';

const EMPTY: TokenFormInput = { label: '', forWhom: 'users', users: [], team: null, uses: 1, validHours: 72 };

export function CreateTokenDialog({ onClose }: { readonly onClose: () => void }) {
  const t = useTranslations('enrollment');
  const common = useTranslations('common');
  const titleId = useId();
  const create = useCreateToken();
  const form = useForm<TokenFormInput, unknown, z.output<typeof TokenForm>>({
    resolver: zodResolver(TokenForm),
    defaultValues: EMPTY,
  });
  const submit = form.handleSubmit((token) => create.mutate(toNewToken(token)));
  const [forWhom, users] = useWatch({ control: form.control, name: ['forWhom', 'users'] });
  const onlyUser = forWhom === 'users' && users.length === 1 ? users[0] : undefined;
  if (create.data) return <SecretShown created={create.data} email={onlyUser?.email} onClose={onClose} />;
  return (
    <Dialog open onClose={onClose} maxWidth="sm" fullWidth aria-labelledby={titleId}>
      <form noValidate onSubmit={(event) => void submit(event)} style={{ display: 'contents' }}>
        <DialogTitle id={titleId}>{t('createTitle')}</DialogTitle>
        <DialogContent>
          <Box sx={{ display: 'grid', gap: 2.5, pt: 1 }}>
            {create.error && <ErrorNotice error={create.error} />}
            <TokenFields form={form} />
          </Box>
        </DialogContent>
        <DialogActions>
          <Button onClick={onClose}>{common('cancel')}</Button>
          <Button type="submit" variant="contained" loading={create.isPending}>
            {t('create')}
          </Button>
        </DialogActions>
      </form>
    </Dialog>
  );
}
