'use client';

import Button from '@mui/material/Button';
import Dialog from '@mui/material/Dialog';
import DialogActions from '@mui/material/DialogActions';
import DialogContent from '@mui/material/DialogContent';
import DialogContentText from '@mui/material/DialogContentText';
import DialogTitle from '@mui/material/DialogTitle';
import TextField from '@mui/material/TextField';
import { useId, useState, type FormEvent } from 'react';
import { useTranslations } from 'use-intl';
import { ErrorNotice } from '#components/error-notice.tsx';
import { useNotice } from '#components/ui/notice-provider.tsx';
import { useSession } from '#lib/session.ts';
import { MONO_FONTS } from '#lib/theme.ts';
import { useSwitchSync } from '../api/feature.ts';

/** The admin confirms by typing the enterprise code; whether it fits is the server's to say. */
export function SwitchSyncDialog({ on, onClose }: { readonly on: boolean; readonly onClose: () => void }) {
  const t = useTranslations('settings');
  const common = useTranslations('common');
  const titleId = useId();
  const session = useSession();
  const notice = useNotice();
  const change = useSwitchSync();
  const [code, setCode] = useState('');
  const submit = (event: FormEvent) => {
    event.preventDefault();
    change.mutate(
      { on, enterpriseCode: code.trim() },
      {
        onSuccess: () => {
          notice(t(on ? 'syncNowOn' : 'syncNowOff'));
          onClose();
        },
      },
    );
  };
  return (
    <Dialog open onClose={onClose} maxWidth="sm" fullWidth aria-labelledby={titleId}>
      <form noValidate onSubmit={submit} style={{ display: 'contents' }}>
        <DialogTitle id={titleId}>{t(on ? 'switchOnTitle' : 'switchOffTitle')}</DialogTitle>
        <DialogContent>
          <DialogContentText sx={{ mb: 2 }}>{t(on ? 'switchOnText' : 'switchOffText')}</DialogContentText>
          <TextField
            autoFocus
            required
            label={t('typeCode', { code: session.enterprise?.code ?? '' })}
            value={code}
            onChange={(event) => setCode(event.target.value)}
            autoComplete="off"
            slotProps={{ htmlInput: { spellCheck: false, autoCapitalize: 'none', style: { fontFamily: MONO_FONTS } } }}
          />
          {change.error && <ErrorNotice error={change.error} />}
        </DialogContent>
        <DialogActions>
          <Button onClick={onClose}>{common('cancel')}</Button>
          <Button
            type="submit"
            variant="contained"
            color={on ? 'primary' : 'error'}
            disabled={code.trim() === ''}
            loading={change.isPending}
          >
            {t(on ? 'switchOn' : 'switchOff')}
          </Button>
        </DialogActions>
      </form>
    </Dialog>
  );
}
