'use client';

import Alert from '@mui/material/Alert';
import AlertTitle from '@mui/material/AlertTitle';
import Button from '@mui/material/Button';
import Typography from '@mui/material/Typography';
import { useTranslations } from 'use-intl';
import { errorText } from '#i18n/error-text.ts';
import { useLocaleChoice } from '#i18n/locale-provider.tsx';
import { toShownError } from '#lib/shown-error.ts';

type Props = { readonly error: unknown; readonly onRetry?: () => void };

/** What went wrong and what to do about it, by the error's code, in the reader's language. */
export function ErrorNotice({ error, onRetry }: Props) {
  const t = useTranslations('common');
  const { locale } = useLocaleChoice();
  const shown = toShownError(error, location.host);
  const { message, fix } = errorText(shown.code, shown.params, locale);
  return (
    <Alert
      severity="error"
      variant="outlined"
      sx={{ my: 1, bgcolor: 'background.paper' }}
      action={
        onRetry && (
          <Button color="inherit" size="small" onClick={onRetry}>
            {t('retry')}
          </Button>
        )
      }
    >
      <AlertTitle>{message}</AlertTitle>
      {fix}
      <Typography variant="caption" component="p" color="textSecondary" sx={{ mt: 0.5, overflowWrap: 'anywhere' }}>
        {shown.code === 'INTERNAL' && shown.correlationId
          ? t('errorCodeWithId', { code: shown.code, id: shown.correlationId })
          : shown.code}
      </Typography>
    </Alert>
  );
}
