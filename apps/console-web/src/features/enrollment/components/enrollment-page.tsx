'use client';

import AddIcon from '@mui/icons-material/Add';
import Alert from '@mui/material/Alert';
import Box from '@mui/material/Box';
import Button from '@mui/material/Button';
import { useState } from 'react';
import { useTranslations } from 'use-intl';
import { ErrorNotice } from '#components/error-notice.tsx';
import { ReadersOnly } from '#components/readers-only.tsx';
import { ConfirmDialog } from '#components/ui/confirm-dialog.tsx';
import { Loading } from '#components/ui/loading.tsx';
import { useNotice } from '#components/ui/notice-provider.tsx';
import { PageHeader } from '#components/ui/page-header.tsx';
import { useNow } from '#lib/use-now.ts';
import { useEnrollmentTokens, useRevokeToken, type EnrollmentToken } from '../api/enrollment.ts';
import { tokenState } from '../token-state.ts';
import { CreateTokenDialog } from './create-token-dialog.tsx';
import { InstallGuide } from './install-guide.tsx';
import { TokensPanel } from './tokens-panel.tsx';

export function EnrollmentPage() {
  return (
    <ReadersOnly admins>
      <Tokens />
    </ReadersOnly>
  );
}

function Tokens() {
  const t = useTranslations('enrollment');
  const { data: tokens, error, refetch } = useEnrollmentTokens();
  const [creating, setCreating] = useState(false);
  const [revoking, setRevoking] = useState<EnrollmentToken | null>(null);
  return (
    <>
      <PageHeader
        title={t('title')}
        lead={t('lead')}
        actions={
          <Button variant="contained" startIcon={<AddIcon />} onClick={() => setCreating(true)}>
            {t('create')}
          </Button>
        }
      />
      {error && <ErrorNotice error={error} onRetry={() => void refetch()} />}
      {!tokens && !error && <Loading />}
      <Box sx={{ display: 'grid', gap: 2 }}>
        {tokens && <FirstStartNotice tokens={tokens} />}
        {tokens && <TokensPanel tokens={tokens} onRevoke={setRevoking} />}
        <InstallGuide />
      </Box>
      {creating && <CreateTokenDialog onClose={() => setCreating(false)} />}
      {revoking && <RevokeDialog token={revoking} onClose={() => setRevoking(null)} />}
    </>
  );
}

/** The first-start token names nobody: it is shown for as long as it works. */
function FirstStartNotice({ tokens }: { readonly tokens: readonly EnrollmentToken[] }) {
  const t = useTranslations('enrollment');
  const nowMs = useNow();
  const lives = tokens.some((token) => token.loopbackOnly && tokenState(token, nowMs) === 'usable');
  return lives && <Alert severity="warning">{t('loopbackLives')}</Alert>;
}

function RevokeDialog({ token, onClose }: { readonly token: EnrollmentToken; readonly onClose: () => void }) {
  const t = useTranslations('enrollment');
  const notice = useNotice();
  const revoke = useRevokeToken();
  const confirm = () =>
    revoke.mutate(token.id, {
      onSuccess: () => {
        notice(t('revoked', { label: token.label }));
        onClose();
      },
    });
  return (
    <ConfirmDialog
      open
      danger
      title={t('revokeTitle', { label: token.label })}
      confirmText={t('revoke')}
      busy={revoke.isPending}
      onConfirm={confirm}
      onClose={onClose}
    >
      {t('revokeText')}
      {revoke.error && <ErrorNotice error={revoke.error} />}
    </ConfirmDialog>
  );
}
