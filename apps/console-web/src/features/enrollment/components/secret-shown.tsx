'use client';

import Alert from '@mui/material/Alert';
import Box from '@mui/material/Box';
import Button from '@mui/material/Button';
import Dialog from '@mui/material/Dialog';
import DialogActions from '@mui/material/DialogActions';
import DialogContent from '@mui/material/DialogContent';
import DialogTitle from '@mui/material/DialogTitle';
import Typography from '@mui/material/Typography';
import { useId } from 'react';
import { useTranslations } from 'use-intl';
import { CopyField } from '#components/ui/copy-field.tsx';
import { enrollCommand } from '#lib/enroll-command.ts';
import type { CreatedToken } from '../api/enrollment.ts';

type Props = { readonly created: CreatedToken; readonly email: string | undefined; readonly onClose: () => void };

/** The only time the secret is seen: it closes by its button alone, not by a stray click or key. */
export function SecretShown({ created, email, onClose }: Props) {
  const t = useTranslations('enrollment');
  const titleId = useId();
  const command = enrollCommand({ server: location.origin, secret: created.secret, ...(email ? { email } : {}) });
  return (
    <Dialog open maxWidth="sm" fullWidth aria-labelledby={titleId}>
      <DialogTitle id={titleId}>{t('createdTitle', { label: created.token.label })}</DialogTitle>
      <DialogContent>
        <Box sx={{ display: 'grid', gap: 2 }}>
          <Alert severity="warning" variant="outlined">
            {t('shownOnce')}
          </Alert>
          <div>
            <Typography variant="h3" component="p" sx={{ mb: 0.75 }}>
              {t('command')}
            </Typography>
            <CopyField label={t('command')} text={command} />
            {!email && (
              <Typography variant="body2" color="textSecondary" sx={{ mt: 0.5 }}>
                {t('commandEmail')}
              </Typography>
            )}
          </div>
          <div>
            <Typography variant="h3" component="p" sx={{ mb: 0.75 }}>
              {t('secret')}
            </Typography>
            <CopyField label={t('secret')} text={created.secret} />
          </div>
        </Box>
      </DialogContent>
      <DialogActions>
        <Button variant="contained" onClick={onClose}>
          {t('copiedAndDone')}
        </Button>
      </DialogActions>
    </Dialog>
  );
}
